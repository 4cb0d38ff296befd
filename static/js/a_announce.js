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
  // Signed out: said on top of what one sees, with the way in beside it; tried again when one comes back.
  var lost, again;
  window.signedOut = function (html, retry) {
    again = retry;
    if (!lost) {
      lost = document.createElement("div");
      lost.className = "note note--warning lost";
      lost.setAttribute("role", "alert");
      document.getElementById("main").prepend(lost);
    }
    lost.innerHTML = html;
  };
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
    if (lost) window.renew().then(function (back) {
      if (!back || !lost) return;
      lost.remove();
      lost = null;
      again();
    });
  });
  document.addEventListener("htmx:responseError", function (event) {
    if (event.detail.xhr.status === 401 && !passive(event)) {
      window.signedOut(event.detail.xhr.responseText, function () { window.htmx.trigger(event.detail.elt, event.detail.elt.id === "checks" ? "input" : "click"); });
    } else if (!passive(event)) window.announce("The portal could not answer. What you typed is still here; try again.");
  });
  document.addEventListener("htmx:sendError", function (event) {
    if (!passive(event)) window.announce("No connection. What you typed is still here; try again.");
  });
})();
