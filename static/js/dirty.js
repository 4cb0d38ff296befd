// Typed text is saved 3 s after the last key (data-autosave holds the address); a form is sent once however often it is clicked.
(function () {
  "use strict";
  var timers = new WeakMap();
  document.addEventListener("input", function (event) {
    var form = event.target.closest("form[data-autosave]");
    if (!form) return;
    clearTimeout(timers.get(form));
    timers.set(form, setTimeout(function () {
      if (!form.isConnected) return;
      var typed = new FormData(form);
      form.querySelectorAll("[type=file]").forEach(function (box) { typed.delete(box.name); });
      fetch(form.dataset.autosave, { method: "POST", body: typed, headers: { "HX-Request": "true" } })
        .then(function (answer) {
          var ours = !answer.ok && (answer.headers.get("Content-Type") || "").indexOf("text/plain") === 0;
          return ours ? answer.text() : answer.ok ? "Saved." : "Not saved: sign in again or check the connection. Your text stays here.";
        })
        .then(function (words) {
          var line = form.querySelector("[data-saved]");
          if (line) line.textContent = words;
        })
        .catch(function () {
          var line = form.querySelector("[data-saved]");
          if (line) line.textContent = "Not saved: no connection. Your text stays here.";
        });
    }, 3000));
  });
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method.toLowerCase() !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    clearTimeout(timers.get(form));
    setTimeout(function () { delete form.dataset.sent; }, 4000);
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) { delete form.dataset.sent; });
  });
})();
