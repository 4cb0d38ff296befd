// Single keys: "/" to the box, and any element with data-key; a form that a key unfolds is ready to be typed into.
// None acts inside a field; one setting turns them off.
(function () {
  "use strict";
  function inField(target) {
    return target.closest("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable], dialog");
  }
  function seen(part, selector) {
    return part && Array.from(part.querySelectorAll(selector)).find(function (one) { return one.getClientRects().length; });
  }
  document.addEventListener("keydown", function (event) {
    if (event.defaultPrevented || event.isComposing) return;
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      var form = event.target.closest("form[data-continue], form[data-send]") || document.querySelector("form[data-continue]");
      if (form) { event.preventDefault(); form.requestSubmit(); }
      return;
    }
    var move = event.key === "Escape" && event.target.closest("details.move[open]");
    if (move) { // what was typed stays in it
      event.preventDefault();
      move.open = false;
      move.querySelector("summary").focus();
      return;
    }
    if (document.body.dataset.keys === "off" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (inField(event.target)) return;
    if (event.key === "/") {
      var box = document.querySelector(".find__input");
      if (box) { event.preventDefault(); box.focus(); box.select(); }
      return;
    }
    if (/^[1-9]$/.test(event.key)) {
      var group = event.target.closest("[data-choices]") || document.querySelector("[data-choices]");
      var choice = group && group.querySelectorAll("input[type=radio], input[type=checkbox]")[Number(event.key) - 1];
      if (choice) { event.preventDefault(); choice.click(); choice.focus(); return; }
    }
    // While a ticket is shown beside its list every key is about that one, unless rows are ticked and the focus is among them.
    var shown = document.querySelector("aside#pane:not([hidden])");
    if (event.key === "j" || event.key === "k") {
      var links = Array.from(document.querySelectorAll("[data-hit]"));
      if (!links.length) return;
      var down = event.key === "j", at = links.indexOf(document.activeElement), list = document.querySelector("#queue[data-at]");
      if (at < 0 && shown && list) { // from the ticket that is shown, or where it stood before it left the list
        at = links.findIndex(function (link) { return link.hasAttribute("aria-current"); });
        if (at < 0) at = Number(list.dataset.at) - (down ? 1 : 0);
      }
      at += down ? 1 : -1;
      links[Math.max(0, Math.min(links.length - 1, at))].focus();
      return;
    }
    if (shown && !shown.contains(document.activeElement) && document.querySelector("[data-bulk] input:checked")) shown = null;
    var scope = shown || document.activeElement.closest("[data-keys-scope]");
    var selector = '[data-key~="' + CSS.escape(event.key) + '"]:not([hidden])';
    var target = seen(scope, selector) || seen(document, selector);
    if (!target || shown && target.closest("[data-bulk]")) return;
    event.preventDefault();
    target.click();
    var fold = target.matches("summary") && target.parentElement;
    var field = fold && fold.open && fold.querySelector("input:not([type=hidden]), select, textarea");
    if (field) { fold.scrollIntoView({ block: "nearest" }); field.focus({ preventScroll: true }); }
  });
})();
