// Choosing rows: "x", how many are chosen, keys that act on the row in hand; what can be undone goes when its time is up.
(function () {
  "use strict";
  var row;
  function form() { return document.querySelector("[data-bulk]"); }
  function boxes(which) { return form() ? form().querySelectorAll("input[type=checkbox]" + which) : []; }
  function count() {
    if (!form()) return;
    var all = boxes("[name=all]:checked").length, some = boxes("[name=n]:checked").length;
    form().querySelector("[data-chosen]").textContent = all ? "All chosen" : some ? some + " chosen" : "";
  }
  document.addEventListener("change", function (event) { if (form() && form().contains(event.target)) count(); });
  document.addEventListener("focusin", function (event) {
    var found = event.target.closest("#queue tbody tr");
    if (found) row = found;
  });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "x" || !form() || document.body.dataset.keys === "off" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input:not([type=checkbox]), textarea, select, dialog") || !event.target.closest("#queue tr")) return;
    event.target.closest("tr").querySelector("[name=n]").click();
  });
  document.addEventListener("click", function (event) {
    if (!event.target.closest("[data-bulk] [name=move]") || boxes(":checked").length) return;
    var open = document.querySelector("aside#pane:not([hidden])"), shown = document.querySelector("#queue [data-hit][aria-current]");
    var own = open ? shown && shown.closest("tr") : row;
    var box = own && own.isConnected && own.querySelector("[name=n]");
    if (box) { box.checked = true; count(); }
  });
  document.addEventListener("DOMContentLoaded", function () {
    var more = document.querySelector("[data-go-on]");
    if (more) more.requestSubmit();
    var said = document.querySelector(".undo, #flash .note"); // the focus is in the list, on the row that comes next
    if (said && document.getElementById("queue")) window.announce(said.innerText);
    document.querySelectorAll("[data-for]").forEach(function (part) {
      setTimeout(function () { if (!part.contains(document.activeElement)) part.hidden = true; }, Number(part.dataset.for) * 1000);
    });
  });
})();
