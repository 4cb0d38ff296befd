// A list in which somebody is at work stays as it is: it says how many rows are new, and shows them when asked to.
(function () {
  "use strict";
  function rows(part) { return Array.from(part.querySelectorAll("[data-hit]")); }
  function number(link) { return link.textContent; }
  window.news = function (part) {
    var headers = { "HX-Request": "true", "HX-Target": part.id, "X-Passive": "1" };
    fetch(part.getAttribute("hx-get"), { headers: headers }).then(function (answer) { return answer.ok ? answer.text() : ""; }).then(function (text) {
      var known = rows(part).map(number), line = part.querySelector("[data-news]");
      var fresh = rows(new DOMParser().parseFromString(text, "text/html")).map(number).filter(function (one) { return known.indexOf(one) < 0; });
      if (!line || line.dataset.news === fresh.join(" ")) return;
      line.dataset.news = fresh.join(" ");
      line.textContent = fresh.length ? fresh.length + " new: " : "";
      if (!fresh.length) return;
      var button = document.createElement("button");
      button.type = "button";
      button.className = "usa-button usa-button--unstyled";
      button.textContent = "show";
      button.addEventListener("click", function () { show(part, fresh); });
      line.append(button);
    }).catch(function () { return; }); // the next look says it
  };
  function show(part, fresh) {
    var ticked = Array.from(part.querySelectorAll("[name=n]:checked")).map(function (box) { return box.value; });
    part.addEventListener("htmx:afterSettle", function () {
      part.querySelectorAll("[name=n]").forEach(function (box) { if (ticked.indexOf(box.value) >= 0) box.click(); });
      var first = rows(part).find(function (link) { return fresh.indexOf(number(link)) >= 0; });
      if (first) first.focus();
    }, { once: true });
    htmx.trigger(part, "poll");
  }
})();
