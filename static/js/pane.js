// On a wide window a ticket of a list opens beside it, and what is sent there stays there. Escape closes it.
(function () {
  "use strict";
  var wide = window.matchMedia("(min-width: 62.5rem)");
  function pane() { return document.querySelector("aside#pane"); }
  function rows() { return Array.from(document.querySelectorAll("#queue [data-hit]")); }
  function show(verb, path, source, button) {
    var values = {};
    if (button && button.name) values[button.name] = button.value;
    return htmx.ajax(verb, path, { target: "#pane", swap: "innerHTML", source: source, values: values });
  }
  // The row of the ticket that is shown; where it stood is kept for when the ticket has left the list.
  function mark() {
    var title = pane() && pane().querySelector("[data-number]");
    rows().forEach(function (link, place) {
      var is = title && !pane().hidden && link.textContent === title.dataset.number;
      if (is) { link.setAttribute("aria-current", "true"); document.getElementById("queue").dataset.at = place; } else link.removeAttribute("aria-current");
    });
  }
  document.addEventListener("click", function (event) {
    var link = event.target.closest("[data-pane]");
    if (!link || !pane() || !wide.matches || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    show("GET", link.href, pane());
  });
  document.addEventListener("submit", function (event) {
    if (event.defaultPrevented || !pane() || !pane().contains(event.target) || event.target.method !== "post") return;
    event.preventDefault();
    show("POST", event.target.action, event.target, event.submitter).then(function () {
      if (!document.querySelector("#queue input:checked, .pane__said")) htmx.trigger("#queue", "poll");
    });
  });
  document.addEventListener("htmx:beforeSwap", function (event) {
    if (event.target.id !== "pane") return;
    if (event.detail.xhr.status === 409) { event.detail.shouldSwap = true; event.detail.isError = false; }
    // Of folds with one name only one is open: those that go must not close the one that comes.
    if (event.detail.shouldSwap) event.target.querySelectorAll("details[name]").forEach(function (fold) { fold.removeAttribute("name"); });
  });
  document.addEventListener("htmx:afterSwap", function (event) {
    if (event.target.id === "queue") mark();
    if (event.target.id !== "pane" || !pane()) return;
    pane().hidden = false;
    pane().scrollTop = 0;
    mark();
    var first = pane().querySelector("[data-focus]") || pane().querySelector(".pane__title");
    if (first) first.focus({ preventScroll: true });
  });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape" || !pane() || pane().hidden || event.defaultPrevented) return;
    if (event.target.closest("input, textarea, select, dialog")) { if (pane().contains(event.target)) pane().querySelector(".pane__title").focus(); return; }
    var all = rows(), at = Number(document.getElementById("queue").dataset.at || 0);
    var row = document.querySelector("#queue [data-hit][aria-current]") || all[Math.min(at, all.length - 1)];
    pane().hidden = true;
    mark();
    if (row) row.focus();
  });
})();
