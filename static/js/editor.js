// The editor's toolbar: marks around the selection or before its lines, put in so that the browser can undo them.
(function () {
  "use strict";
  function replace(area, start, end, text) {
    area.focus();
    area.setSelectionRange(start, end);
    if (!document.execCommand("insertText", false, text)) {
      area.setRangeText(text, start, end, "select");
      area.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
  window.typeInto = replace;
  function wrap(area, before, after, empty) {
    var start = area.selectionStart, end = area.selectionEnd;
    var words = area.value.slice(start, end) || empty;
    replace(area, start, end, before + words + after);
    area.setSelectionRange(start + before.length, start + before.length + words.length);
  }
  function lines(area, change) {
    var start = area.value.lastIndexOf("\n", area.selectionStart - 1) + 1;
    var end = area.value.indexOf("\n", area.selectionEnd);
    if (end < 0) end = area.value.length;
    replace(area, start, end, area.value.slice(start, end).split("\n").map(change).join("\n"));
  }
  var marks = {
    bold: function (area) { wrap(area, "**", "**", "words"); },
    list: function (area) { lines(area, function (line) { return "- " + line.replace(/^(?:[-*+]|\d+[.)])\s+/, ""); }); },
    steps: function (area) {
      lines(area, function (line, at) {
        var step = line.replace(/^(?:[-*+]|\d+[.)])\s+/, "");
        return (at + 1) + ". " + step + (step.indexOf(" => ") < 0 ? " => what one should see" : "");
      });
    },
    link: function (area, bar) {
      var box = bar.querySelector("[data-link-to]"), id = box.value.trim();
      if (!id) { box.focus(); window.announce("Choose the article first."); return; }
      var option = document.querySelector("#names-articles option[value='" + CSS.escape(id) + "']");
      wrap(area, "[", "](/articles/" + id + ")", option ? option.textContent : id);
    }
  };
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-mark]");
    var area = button && button.closest("form").querySelector("[data-body]");
    if (area) marks[button.dataset.mark](area, button.closest("[data-toolbar]"));
  });
  // Who writes an own text means it.
  document.addEventListener("input", function (event) {
    var choice = document.getElementById(event.target.dataset.selects || "");
    if (choice) choice.checked = true;
  });
  // A step of the tables takes away the fields that a check on its way would write beside: one at a time.
  var stepping = false;
  document.addEventListener("htmx:beforeRequest", function (event) {
    if (event.target.name === "do") {
      stepping = true;
      window.htmx.trigger("#checks", "htmx:abort");
    } else if (event.target.id === "checks" && stepping) event.preventDefault();
  });
  document.addEventListener("htmx:afterRequest", function (event) { if (event.target.id !== "checks") stepping = false; });
  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("[data-toolbar]").forEach(function (bar) { bar.hidden = false; });
  });
})();
