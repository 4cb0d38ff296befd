// Copy buttons: shown only with script; without it the read-only box can be selected.
(function () {
  "use strict";
  function ready(root) {
    root.querySelectorAll("[data-copy-button]").forEach(function (button) { button.hidden = false; });
  }
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copy-button]");
    if (!button) return;
    var source = button.closest("[data-copy]").querySelector("[data-copy-source]");
    var text = "value" in source ? source.value : source.textContent.trim();
    var label = button.dataset.label || (button.dataset.label = button.textContent);
    var done = function () {
      button.textContent = "Copied";
      window.announce("Copied.");
      setTimeout(function () { button.textContent = label; }, 2000);
    };
    if (navigator.clipboard && window.isSecureContext) {
      navigator.clipboard.writeText(text).then(done);
    } else if (source.select) {
      source.select();
      document.execCommand("copy");
      done();
    }
  });
  document.addEventListener("DOMContentLoaded", function () { ready(document); });
  document.addEventListener("htmx:load", function (event) { ready(event.target); });
})();
