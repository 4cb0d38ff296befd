// Refresh of a part every data-poll seconds, but never while somebody has a form open in it or (but for data-poll-hidden) the page is hidden.
(function () {
  "use strict";
  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("[data-poll]").forEach(function (part) {
      setInterval(function () {
        if (document.hidden && !("pollHidden" in part.dataset)) return;
        if (!part.querySelector("details[open], input:checked") && !part.contains(document.activeElement)) htmx.trigger(part, "poll");
        else if (part.querySelector("[data-news]")) window.news(part);
      }, Number(part.dataset.poll) * 1000);
    });
  });
  document.addEventListener("htmx:configRequest", function (event) {
    if (event.target.matches("[data-poll]")) event.detail.headers["X-Passive"] = "1";
  });
  document.addEventListener("htmx:beforeSwap", function (event) {
    var before = event.target.querySelectorAll ? event.target.querySelectorAll("[data-issue]").length : 0;
    event.target.dataset.before = String(before);
  });
  document.addEventListener("htmx:afterSwap", function (event) {
    if (!event.target.matches("[data-poll]")) return;
    var more = event.target.querySelectorAll("[data-issue]").length - Number(event.target.dataset.before);
    if (more > 0) window.announce(more + " new on the board");
  });
})();
