// What hinders an answer in the pane is said at its top: nothing that was typed there goes.
(function () {
  "use strict";
  function say(event, html) {
    var pane = event.detail.target, old = pane && pane.querySelector(".pane__said"), form = event.detail.requestConfig && event.detail.requestConfig.elt;
    if (!pane || pane.id !== "pane") return;
    if (old) old.remove();
    if (form) delete form.dataset.sent; // it may be pressed again at once
    var note = document.createElement("div");
    note.className = "note note--error pane__said";
    note.tabIndex = -1;
    note.setAttribute("role", "alert");
    note.append(html);
    pane.prepend(note);
    pane.hidden = false;
    pane.scrollTop = 0;
    note.focus({ preventScroll: true });
  }
  function line(text) {
    var words = document.createElement("p");
    words.textContent = text;
    return words;
  }
  document.addEventListener("htmx:beforeSwap", function (event) {
    var xhr = event.detail.xhr;
    if (event.target.id !== "pane" || event.detail.shouldSwap || xhr.status < 400) return;
    event.detail.isError = false;
    var answer = new DOMParser().parseFromString(xhr.responseText, "text/html"), lead = answer.querySelector("main .lead");
    if (xhr.status === 401) say(event, document.adoptNode(answer.body.firstElementChild));
    else say(event, line((lead ? lead.textContent : "The portal could not answer.") + " What you typed is still here."));
  });
  document.addEventListener("htmx:sendError", function (event) {
    say(event, line("No connection. What you typed is still here; try again."));
  });
})();
