// On a wide window a ticket of a list opens beside it, and what is sent there stays there. Escape closes it.
(function () {
  "use strict";
  var wide = window.matchMedia("(min-width: 62.5rem)"), from, at = 0; // at: of its row, which another one takes when it leaves the list
  function pane() { return document.querySelector("aside#pane"); }
  function show(verb, path, source) {
    return htmx.ajax(verb, path, { target: "#pane", swap: "innerHTML", source: source });
  }
  function mark() {
    var title = pane() && pane().querySelector("[data-number]");
    document.querySelectorAll("#queue [data-hit]").forEach(function (link, place) {
      var is = title && !pane().hidden && link.textContent === title.dataset.number;
      if (is) { link.setAttribute("aria-current", "true"); from = link; at = place; } else link.removeAttribute("aria-current");
    });
  }
  document.addEventListener("click", function (event) {
    var link = event.target.closest("[data-pane]");
    if (!link || !pane() || !wide.matches || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    from = link.closest("#queue") ? link : from;
    show("GET", link.href, pane());
  });
  document.addEventListener("submit", function (event) {
    if (!pane() || !pane().contains(event.target) || event.target.method !== "post") return;
    event.preventDefault();
    show("POST", event.target.action, event.target).then(function () {
      if (!document.querySelector("#queue input:checked")) htmx.trigger("#queue", "poll");
    });
  });
  document.addEventListener("htmx:beforeSwap", function (event) {
    if (event.target.id === "pane" && event.detail.xhr.status === 409) { event.detail.shouldSwap = true; event.detail.isError = false; }
  });
  document.addEventListener("htmx:afterSwap", function (event) {
    if (event.target.id === "queue") mark();
    if (event.target.id !== "pane" || !pane()) return;
    pane().hidden = false;
    pane().scrollTop = 0;
    mark();
    (pane().querySelector("[data-focus]") || pane().querySelector(".pane__title")).focus({ preventScroll: true });
  });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape" || !pane() || pane().hidden || event.defaultPrevented) return;
    if (event.target.closest("input, textarea, select, dialog")) { if (pane().contains(event.target)) pane().querySelector(".pane__title").focus(); return; }
    pane().hidden = true;
    mark();
    var rows = document.querySelectorAll("#queue [data-hit]");
    var row = from && from.isConnected ? from : rows[Math.min(at, rows.length - 1)];
    if (row) row.focus();
  });
})();
