// The one box: arrows in the suggestions, Escape, "/" to reach it, Ctrl+Enter to start an intake with these words.
(function () {
  "use strict";
  var chosen = -1;
  function box() { return document.querySelector("[data-find] .find__input"); }
  function list() { return document.getElementById("suggestions"); }
  function options() { return Array.from(list().querySelectorAll("[role=option]")); }
  function show(open) {
    list().hidden = !open;
    box().setAttribute("aria-expanded", String(open));
    if (!open) { chosen = -1; box().removeAttribute("aria-activedescendant"); }
  }
  function choose(step) {
    var all = options();
    if (!all.length) return;
    chosen = (chosen + step + all.length) % all.length;
    all.forEach(function (option, at) { option.setAttribute("aria-selected", String(at === chosen)); });
    box().setAttribute("aria-activedescendant", all[chosen].id);
    all[chosen].scrollIntoView({ block: "nearest" });
  }
  function startIntake() {
    var form = box().form;
    form.action = form.dataset.intake;
    form.submit();
  }
  function take(option) {
    if ("intake" in option.dataset) startIntake();
    else window.location.assign(option.dataset.url);
  }
  document.addEventListener("mousedown", function (event) {
    var option = event.target.closest("#suggestions [role=option]");
    if (option) { event.preventDefault(); take(option); }
  });
  document.addEventListener("htmx:afterSwap", function (event) {
    if (event.target.id !== "suggestions") return;
    chosen = -1;
    show(options().length > 0 && document.activeElement === box());
  });
  document.addEventListener("keydown", function (event) {
    var input = box();
    if (!input || event.target !== input) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      startIntake();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (list().hidden) return;
      event.preventDefault();
      choose(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && chosen >= 0 && !list().hidden) {
      event.preventDefault();
      take(options()[chosen]);
    } else if (event.key === "Escape" && !list().hidden) {
      event.preventDefault(); // the browser would empty the box; a second Escape still does
      show(false);
    }
  });
  // Home is for typing: with a mouse and keyboard the box is ready, unless a message comes first.
  document.addEventListener("DOMContentLoaded", function () {
    var input = document.querySelector(".home-box .find__input");
    if (input && window.matchMedia("(hover: hover) and (pointer: fine)").matches && !document.querySelector("#flash .note")) input.focus({ preventScroll: true });
  });
  document.addEventListener("focusout", function (event) {
    if (!event.target.closest || !event.target.closest("[data-find]")) return;
    setTimeout(function () { if (!document.activeElement.closest("[data-find]")) show(false); }, 150);
  });
})();
