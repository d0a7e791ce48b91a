/* Lumbung: the palette. Ctrl K, or the box in the menu, opens it; without this file that box leads to the page of the search.
   Commands come once and are narrowed here, at once; records are asked of the server when one stops typing. */
(function () {
  "use strict";

  var WAIT = 150, LEAST = 3, dialog = document.getElementById("palette");
  if (!dialog) return;
  var form = dialog.querySelector("form"), input = form.elements.q, list = document.getElementById("cmd");
  var status = dialog.querySelector("[role=status]"), none = dialog.querySelector("[data-none][hidden]");
  var lost = dialog.querySelector("[data-lost]"), commands = null, records = [], timer, asked, isWaiting = false, isHasty = false, fault = "";

  function parts(answer) {
    return [...new DOMParser().parseFromString(answer.html, "text/html").body.children];
  }

  function options() {
    return [...list.querySelectorAll("[role=option]")];
  }

  function ask(text) {
    var sought = new AbortController();
    if (text) {  /* who types on wants another answer; the commands are wanted whatever one types */
      asked?.abort();
      asked = sought;
    }
    return fetch(form.dataset.options + "?q=" + encodeURIComponent(text), { signal: sought.signal }).then(answer => {
      if (!answer.ok || answer.redirected) throw new Error(answer.status);
      return answer.json();
    });
  }

  function typed() {
    return input.value.trim().replace(/^>\s*/, "");
  }

  function onlyCommands() {
    return input.value.trim().startsWith(">");
  }

  /* The commands that have every word of the text; what was opened last stands there while there is none. */
  function narrowed(text) {
    var words = text.toLowerCase().split(/\s+/).filter(Boolean);
    var shown = (commands || []).filter(group => !("last" in group.dataset) || !input.value.trim());
    return shown.map(group => {
      var copy = group.cloneNode(true);
      copy.querySelectorAll("[role=option]").forEach(option => {
        if (!words.every(word => option.textContent.toLowerCase().includes(word))) option.remove();
      });
      return copy;
    }).filter(group => group.querySelector("[role=option]"));
  }

  function draw(waits) {
    isWaiting = waits;
    var found = onlyCommands() ? [] : records;
    list.replaceChildren(...found, ...narrowed(typed()));
    options().forEach((option, place) => { option.id = "cmd-" + place; });
    mark(0);
    var count = options().length;
    none.textContent = fault || none.dataset.none;
    none.hidden = (count > 0 && !fault) || isWaiting || commands === null;
    if (isWaiting || (commands === null && !count)) return;
    status.textContent = !count ? none.textContent : count === 1 ? status.dataset.one : status.dataset.many.replace("%n", count);
    if (isHasty) go();
  }

  /* Enter before the answer is there waits for it: what is marked until then was found for fewer letters. */
  function go() {
    var place = marked();
    isHasty = isWaiting;
    if (isWaiting) return;
    if (place >= 0) options()[place].click();
    else if (typed()) form.submit();
  }

  function mark(place) {
    var all = options(), chosen = all[(place + all.length) % all.length];
    all.forEach(option => { option.setAttribute("aria-selected", option === chosen); });
    if (!chosen) { input.removeAttribute("aria-activedescendant"); return; }
    input.setAttribute("aria-activedescendant", chosen.id);
    chosen.scrollIntoView({ block: "nearest" });
  }

  function marked() {
    return options().findIndex(option => option.getAttribute("aria-selected") === "true");
  }

  function failed(error) {
    if (error.name === "AbortError") return;
    lost.hidden = false;
    isWaiting = false;
    if (isHasty) form.submit();
  }

  function seek() {
    var text = typed();
    clearTimeout(timer);
    asked?.abort();
    lost.hidden = true;
    isHasty = false;
    fault = "";
    if (text.length < LEAST || onlyCommands()) { records = []; draw(false); return; }
    draw(true);
    timer = setTimeout(() => {
      ask(text).then(answer => { records = parts(answer); fault = answer.error; draw(false); }).catch(failed);
    }, WAIT);
  }

  function open() {
    if (document.querySelector("dialog[open]")) return;
    document.querySelectorAll("[popover]:popover-open").forEach(popover => { popover.hidePopover(); });
    dialog.showModal();
    input.focus();
    input.select();
    seek();
    if (commands === null) ask("").then(answer => { commands = parts(answer); draw(isWaiting); }).catch(failed);
  }

  document.addEventListener("keydown", event => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key?.toLowerCase() === "k") {
      event.preventDefault();
      if (dialog.open) dialog.close();
      else open();
    }
  });

  document.addEventListener("click", event => {
    var link = event.target.closest?.("[data-palette]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });

  input.addEventListener("input", seek);

  input.addEventListener("keydown", event => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      mark(marked() + (event.key === "ArrowDown" ? 1 : -1));
    }
    if (event.key === "Enter" && lost.hidden) {
      event.preventDefault();
      go();
    }
  });

  form.addEventListener("submit", event => {
    if (!typed()) event.preventDefault();
  });
})();
