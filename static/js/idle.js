// Two minutes before the idle sign-out: a dialog with one button. The server ends the session by itself either way.
(function () {
  "use strict";
  var dialog, deadline, timer;
  function restart() {
    deadline = Date.now() + Number(dialog.dataset.seconds) * 1000;
  }
  function tick() {
    var left = Math.round((deadline - Date.now()) / 1000);
    if (left > 120) { if (dialog.open) dialog.close(); return; }
    if (left <= 0) {
      clearInterval(timer);
      dialog.querySelector("p").textContent = "You have been signed out. Send the form or open a page to sign in; what you typed is kept.";
      return;
    }
    dialog.querySelector("[data-idle-left]").textContent = left > 60 ? "2 minutes" : left > 30 ? "1 minute" : "30 seconds";
    if (!dialog.open) dialog.showModal();
  }
  document.addEventListener("DOMContentLoaded", function () {
    dialog = document.querySelector("[data-idle]");
    if (!dialog || !dialog.showModal) return;
    restart();
    timer = setInterval(tick, 1000);
    dialog.querySelector("[data-idle-form]").addEventListener("submit", function (event) {
      event.preventDefault();
      fetch(dialog.dataset.stay, { method: "POST", body: new FormData(event.target), headers: { "HX-Request": "true" } })
        .then(function (answer) { if (answer.ok) { restart(); dialog.close(); } else { event.target.submit(); } });
    });
  });
  document.addEventListener("htmx:afterRequest", function (event) {
    if (dialog && event.detail.successful && !event.detail.requestConfig.headers["X-Passive"]) restart();
  });
})();
