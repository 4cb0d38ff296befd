// A Critical ticket that nobody has taken: what is new about it is said once, and the title of the window tells how many there are.
(function () {
  "use strict";
  var known, title = document.title;
  function lines() { return Array.from(document.querySelectorAll("#critical [data-said]")); }
  function note() {
    var now = lines(), count = now.length;
    if (known) {
      var fresh = now.filter(function (line) { return known.indexOf(line.dataset.said) < 0; });
      var said = document.getElementById("critical-said");
      if (fresh.length) said.textContent = fresh.map(function (line) { return line.querySelector(".critical__text").textContent; }).join(" ");
    }
    known = now.map(function (line) { return line.dataset.said; });
    document.title = (count ? "▲ " + count + " Critical: " : "") + title;
  }
  document.addEventListener("DOMContentLoaded", note);
  document.addEventListener("htmx:afterSwap", function (event) { if (event.target.id === "critical") note(); });
})();
