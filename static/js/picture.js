// Pictures in the editor: pasted into the text they wait for their words; added they go to the cursor.
(function () {
  "use strict";
  document.addEventListener("paste", function (event) {
    var area = event.target.closest("[data-body]"), pasted = event.clipboardData;
    var file = area && area.form.querySelector("#picture [type=file]");
    if (!file || !pasted.files.length || pasted.types.indexOf("text/plain") >= 0) return;
    event.preventDefault();
    file.files = pasted.files;
    file.closest("details").open = true;
    document.getElementById("alt").focus();
    window.announce("The picture is chosen. Say what it shows, then add it.");
  });
  document.addEventListener("htmx:afterSettle", function (event) {
    if (event.target.id !== "picture") return;
    var file = event.target.querySelector("[type=file]"), added = event.target.querySelector("[data-insert]");
    if (file.files.length) file.removeAttribute("aria-invalid"); // it was kept, with what was said of it before
    var wrong = event.target.querySelector("[aria-invalid]");
    if (wrong) wrong.focus();
    if (!added) return;
    var area = added.closest("form").querySelector("[data-body]"), end = area.value.length;
    var at = area.selectionEnd || end;
    window.typeInto(area, at, at, at === end ? "\n\n" + added.dataset.insert + "\n" : added.dataset.insert);
    window.announce("The picture stands in the text.");
  });
})();
