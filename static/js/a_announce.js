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
  // What went wrong stands on top of what one sees until something goes right. `retry`: once one is signed in again.
  var lost, again;
  window.warn = function (words, retry) {
    again = retry;
    if (!lost) {
      lost = document.createElement("div");
      lost.className = "note note--warning lost";
      lost.setAttribute("role", "alert");
      document.getElementById("main").prepend(lost);
    }
    if (retry) lost.innerHTML = words; else lost.textContent = words;
  };
  function right() {
    if (lost) lost.remove();
    lost = null;
  }
  // The forms of this page with the token of the new session; false while nobody is signed in.
  window.renew = function () {
    return fetch(window.location.href).then(function (answer) { return answer.redirected ? "" : answer.text(); }).then(function (html) {
      var fresh = new DOMParser().parseFromString(html, "text/html");
      var token = fresh.querySelector("#main input[name=csrf_token]");
      if (!token) return false;
      document.querySelectorAll("input[name=csrf_token]").forEach(function (input) { input.value = token.value; });
      document.body.setAttribute("hx-headers", fresh.body.getAttribute("hx-headers"));
      return true;
    });
  };
  window.addEventListener("focus", function () {
    if (lost && again) window.renew().then(function (back) {
      if (!back || !lost) return;
      right();
      again();
    });
  });
  document.addEventListener("htmx:responseError", function (event) {
    var answer = event.detail.xhr, one = event.detail.elt;
    if (passive(event)) return;
    if (answer.status === 401) window.warn(answer.responseText, function () { window.htmx.trigger(one, one.id === "checks" ? "input" : "click"); });
    else if ((answer.getResponseHeader("Content-Type") || "").indexOf("text/plain") === 0) window.warn(answer.responseText);
    else window.warn("The portal could not answer. What you typed is still here; try again.");
  });
  document.addEventListener("htmx:sendError", function (event) {
    if (!passive(event) && event.detail.target.id !== "pane") window.warn("No connection. What you typed is still here; try again.");
  });
  document.addEventListener("htmx:afterRequest", function (event) {
    if (event.detail.successful && !passive(event) && !again) right();
  });
})();
