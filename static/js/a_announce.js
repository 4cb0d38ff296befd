// One polite status line for the whole page, and focus to what must be read first.
(function () {
  "use strict";
  window.announce = function (text) {
    var line = document.getElementById("announce");
    if (!line) return;
    line.textContent = "";
    setTimeout(function () { line.textContent = text; }, 50);
  };
  document.addEventListener("DOMContentLoaded", function () {
    var first = document.querySelector("[data-focus]");
    if (first) first.focus();
  });
  function passive(event) { return event.detail.requestConfig.headers["X-Passive"]; }
  document.addEventListener("htmx:responseError", function (event) {
    if (!passive(event)) window.announce("The portal could not answer. What you typed is still here; try again.");
  });
  document.addEventListener("htmx:sendError", function (event) {
    if (!passive(event)) window.announce("No connection. What you typed is still here; try again.");
  });
})();
