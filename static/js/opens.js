// A choice that asks for more opens the fold that holds it.
(function () {
  "use strict";
  document.addEventListener("change", function (event) {
    var asks = event.target.dataset && event.target.dataset.opensFor;
    if (asks && asks.split(" ").indexOf(event.target.value) >= 0) document.getElementById(event.target.dataset.opens).open = true;
  });
})();
