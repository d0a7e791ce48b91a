/* Lumbung: behaviour by data- attributes. Every page works without this file; it only makes the work quicker.
   Listeners sit on the document, so parts that are exchanged later need no set-up of their own. */
(function () {
  "use strict";

  var root = document.documentElement;

  function all(selector, inside) {
    return [...(inside || document).querySelectorAll(selector)];
  }

  function visible(element) {
    return element.getClientRects().length > 0;
  }

  function firstVisible(selector) {
    return all(selector).find(visible);
  }

  /* ---- theme: data-theme-form holds one button per theme, the style sheet shows the one that makes sense ---- */

  function changeTheme(event, form) {
    var button = event.submitter;
    if (!button || !button.value) return;
    event.preventDefault();
    fetch(form.action, {
      method: "POST", body: new FormData(form, button), redirect: "manual"
    }).catch(() => { /* kept for this page; the next page comes with the old theme */ });
    root.dataset.theme = button.value;
    var other = all("button", form).find(visible);
    if (other) other.focus();
  }

  /* ---- password: data-reveal="id of the field" ---- */

  function reveal(button) {
    var input = document.getElementById(button.dataset.reveal);
    var shown = input.type === "text";
    input.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", !shown);
    all("use", button).forEach(use => {
      var file = use.getAttribute("href").split("#")[0];
      use.setAttribute("href", file + (shown ? "#eye" : "#eyeoff"));
    });
    input.focus();
  }

  /* ---- dialogs: data-dialog="id" opens, where the browser does not know command="show-modal" ---- */

  function openDialog(id) {
    var dialog = document.getElementById(id);
    if (!dialog || dialog.open) return;
    all("[popover]:popover-open").forEach(popover => { popover.hidePopover(); });
    dialog.showModal();
  }

  /* ---- forms: data-guard asks before changes are lost; data-busy is the label while sending ---- */

  /* Whether an input holds something else than what it came with. */
  function differs(input) {
    if (/^(checkbox|radio)$/.test(input.type)) return input.checked !== input.defaultChecked;
    if (input.options) return input.selectedOptions[0] !== (all("[selected]", input)[0] || input.options[0]);
    return input.type !== "hidden" && input.value !== input.defaultValue;
  }

  /* How many inputs do. Those of a row, addresses-3-street, are one; none of a row that is new and goes again is. */
  function changes(form) {
    if (form.dataset.sent) return 0;
    return new Set(all("[name]:is(input,select,textarea)", form).filter(input => {
      return differs(input) && !input.closest("tr:has(td:last-child [name*='-new']:checked)");
    }).map(input => input.dataset.chips || input.name.split("-", 2).join("-"))).size;
  }

  function changed(form) {
    return !form.dataset.sent && (form.dataset.guard === "changed" || changes(form) > 0);
  }

  function sayChanges(form) {
    var place = form.querySelector("[data-many]");
    if (!place || form.dataset.guard === "changed") return;
    var count = changes(form), text = !count ? "" : count === 1 ? place.dataset.one : place.dataset.many.replace("%n", count);
    if (place.textContent !== text) place.textContent = text;
  }

  /* ---- an input that was changed and left: the server says what is wrong with it, in the same words as on saving ---- */

  function say(input, text) {
    var id = input.id + "-e", place = document.getElementById(id);
    var described = (input.getAttribute("aria-describedby") || "").split(" ").filter(other => other && other !== id);
    if (text && !place) {
      place = input.closest(".field").appendChild(document.getElementById("error-line").content.firstElementChild.cloneNode(true));
      place.id = id;
    }
    if (text) place.querySelector("span").textContent = text;
    else if (place) place.remove();
    if (text) described.unshift(id);
    input.toggleAttribute("aria-invalid", Boolean(text));
    if (text) input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", described.join(" "));
  }

  function check(input) {
    var form = input.form;
    if (form.dataset.sent) return;
    var data = new URLSearchParams([...new FormData(form)].filter(pair => typeof pair[1] === "string"));
    data.append("form-check", input.dataset.chips || input.name);
    fetch(form.getAttribute("action"), { method: "POST", body: data }).then(answer => {
      return answer.ok && answer.text();
    }).then(text => {
      if (text !== false && input.isConnected && !form.dataset.sent) say(input, text);
    }).catch(() => { /* it is said on saving */ });
  }

  /* ---- two versions of a record: data-choose="mine" picks that one of every field ---- */

  function choose(button) {
    all("[data-of=" + button.dataset.choose + "]", button.form).forEach(radio => { radio.checked = true; });
  }

  function busy(form, button) {
    form.dataset.sent = "1";
    if (!button || !button.dataset.busy) return;
    button.dataset.label = button.textContent;
    setTimeout(() => {
      button.textContent = button.dataset.busy;
      button.setAttribute("aria-busy", "true");
      button.disabled = true;
    });
  }

  function ready(form) {
    delete form.dataset.sent;
    all("[data-label]", form).forEach(button => {
      button.textContent = button.dataset.label;
      button.removeAttribute("aria-busy");
      button.disabled = false;
      delete button.dataset.label;
    });
  }

  /* ---- amounts: digits in groups when the field is left; what is unclear stays as typed, the server answers ---- */

  function grouped(text, language) {
    var group = language === "en" ? "," : ".";
    var point = language === "en" ? "." : ",";
    var plain = text.replace(/^\s*(rp|idr)\.?\s*/i, "").replace(/[\s\u00a0\u202f]/g, "").replace(/^[−–]/, "-");
    var escaped = "\\" + group;
    var asGroups = new RegExp("^-?\\d{1,3}(" + escaped + "\\d{3})+(\\" + point + "\\d+)?$");
    var asPlain = new RegExp("^-?\\d+(\\" + point + "\\d+)?$");
    var otherPoint = new RegExp("^-?\\d+" + escaped + "\\d{1,2}$");
    if (asGroups.test(plain)) plain = plain.split(group).join("");
    else if (otherPoint.test(plain)) plain = plain.replace(group, point);
    else if (!asPlain.test(plain)) return text;
    var parts = plain.split(point);
    parts[0] = parts[0].replace(/^(-?)0+(?=\d)/, "$1").replace(/\B(?=(\d{3})+$)/g, group);
    return parts.join(point);
  }

  function groupDigits(input) {
    if (!input.value.trim() || input.readOnly) return;
    var text = grouped(input.value, root.lang.slice(0, 2));
    if (text === input.value) return;
    input.value = text;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /* ---- lists: data-rows on the table, J and K or the arrows walk over the rows' links ---- */

  function walkRows(step) {
    var table = firstVisible("[data-rows]");
    if (!table) return false;
    var links = all("tbody tr", table).map(row => row.querySelector("a[href]")).filter(Boolean);
    var row = document.activeElement?.closest("tr");
    var here = links.findIndex(link => link.closest("tr") === row);
    var next = links[here < 0 ? (step > 0 ? 0 : links.length - 1) : here + step];
    if (!next) return true;
    next.focus();
    next.closest("tr").scrollIntoView({ block: "nearest" });
    return true;
  }

  /* ---- chosen rows: the bar data-bulk floats while there are any; X chooses, Shift X all from the last one on ---- */

  var lastPick, PICK = "#bulk tbody [name=row]";

  function sayPicks() {
    var bar = document.querySelector("[data-bulk]"), head = document.querySelector("[data-all]");
    if (!bar) return;
    var boxes = all(PICK), chosen = boxes.filter(box => box.checked);
    var every = bar.querySelector("[name=all]:checked"), place = bar.querySelector("[data-many]");
    bar.classList.add("tip");
    bar.hidden = !chosen.length && !every;
    head.hidden = false;
    head.checked = chosen.length > 0 && chosen.length === boxes.length;
    head.indeterminate = chosen.length > 0 && !head.checked;
    place.textContent = every ? every.parentNode.textContent :
      (chosen.length === 1 ? place.dataset.one : place.dataset.many.replace("%n", chosen.length)) + sums(chosen, bar.dataset.symbol);
  }

  /* What the columns with data-sum have in the chosen rows, as they are shown. */
  function sums(chosen, symbol) {
    var heads = all("#bulk th[data-sum]"), swap = root.lang === "en" ? /,/g : /\./g;
    return heads.map(head => {
      var cents = chosen.reduce((total, box) => {
        var text = box.closest("tr").cells[head.cellIndex].textContent.replace(swap, "").replace(",", ".").replace("\u2212", "-");
        return total + Math.round(Number(text.replace(/[^-\d.]/g, "")) * 100);
      }, 0);
      var digits = new Intl.NumberFormat(root.lang, { minimumFractionDigits: cents % 100 ? 2 : 0 }).format(Math.abs(cents) / 100);
      return " · " + (heads.length > 1 ? head.textContent.trim() + " " : "") + (cents < 0 ? "\u2212" : "") + symbol + digits;
    }).join("");
  }

  function pick(box, isRange) {
    var boxes = all(PICK), from = boxes.indexOf(lastPick), to = boxes.indexOf(box);
    if (isRange && from >= 0) {
      boxes.slice(Math.min(from, to), Math.max(from, to) + 1).forEach(other => { other.checked = true; });
    }
    lastPick = box;
    sayPicks();
  }

  function pickByKey(isRange) {
    var row = document.activeElement.closest("tr"), box = row?.querySelector("[name=row]");
    if (!box) return false;
    box.checked = isRange || !box.checked;
    pick(box, isRange);
    return true;
  }

  /* ---- undo: the message that offers it goes after ten seconds, unless someone is at it ---- */

  function fade(tip) {
    if (tip.dataset.fades) return;
    tip.dataset.fades = "1";
    setTimeout(function close() {
      if (tip.matches(":hover,:focus-within")) setTimeout(close, 1000);
      else tip.remove();
    }, 10000);
  }

  function undo() {
    var button = document.querySelector("[data-undo]");
    if (button) button.click();
    return Boolean(button);
  }

  /* ---- filter: data-filter offers the operators (data-ops) and values (data-list) of the field that is chosen ---- */

  function offer(form) {
    var field = form.elements.filter_field.selectedOptions[0];
    var operator = form.elements.filter_operator;
    var value = form.elements.filter_value;
    if (!field) return;
    var known = field.dataset.ops.split(" ");
    [...operator.options].forEach(option => {
      option.hidden = option.disabled = !known.includes(option.value);
    });
    if (!known.includes(operator.value)) operator.value = known[0];
    if (field.dataset.list) value.setAttribute("list", field.dataset.list);
    else value.removeAttribute("list");
    value.closest(".field").hidden = /^(empty|filled)$/.test(operator.value);
  }

  /* ---- popovers: arrow keys walk over the entries ---- */

  function walkPopover(event, popover) {
    if (typing(event.target)) return;
    var entries = all("a[href],button:not([disabled]),input,select", popover).filter(visible);
    var here = Math.max(0, entries.indexOf(document.activeElement));
    var to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: entries.length - 1 }[event.key];
    if (to === undefined || !entries.length) return;
    event.preventDefault();
    entries[(to + entries.length) % entries.length].focus();
  }

  function popoverToggled(event) {
    var popover = event.target;
    if (!popover.matches || !popover.matches(".pop[popover]") || event.newState !== "open") return;
    if (popover.contains(document.activeElement)) return;
    var entry = all("a[href],button:not([disabled]),input,select", popover).find(visible);
    if (entry) entry.focus({ preventScroll: true });
  }

  /* ---- keys: data-key="c" on a link, button or field; single keys rest while someone types ---- */

  function typing(target) {
    return target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName) ||
      (target.tagName === "INPUT" && !/^(checkbox|radio|button|submit|reset)$/.test(target.type));
  }

  function press(key) {
    var selector = '[data-key="' + CSS.escape(key) + '"]', near = document.activeElement.closest("section");
    var element = (near && all(selector, near).find(visible)) || firstVisible(selector);
    if (!element) return false;
    if (typing(element)) { element.focus(); element.select(); }
    else element.click();
    return true;
  }

  function saveByKey(event) {
    var inside = event.target.closest?.("form[data-guard]");
    var form = inside || firstVisible("form[data-guard]");
    if (!form) return;
    event.preventDefault();
    if (document.activeElement && document.activeElement.matches("[data-money]")) groupDigits(document.activeElement);
    var button = form.querySelector("button[data-busy]");
    if (button && !form.dataset.sent) form.requestSubmit(button);
  }

  function singleKey(key) {
    if (key === "?") { openDialog("keys"); return true; }
    if (key === "j" || key === "ArrowDown") { if (walkRows(1)) return true; }
    if (key === "k" || key === "ArrowUp") { if (walkRows(-1)) return true; }
    return key.length === 1 && press(key);
  }

  document.addEventListener("keydown", event => {
    if (event.defaultPrevented || event.isComposing || !event.key) return;
    var popover = event.target.closest?.(".pop:popover-open");
    /* A quick hand is at the arrows before the browser tells that the popover is open. */
    if (!popover && event.target.popoverTargetElement?.matches(".pop:popover-open")) popover = event.target.popoverTargetElement;
    if (popover) { walkPopover(event, popover); return; }
    if (document.querySelector("dialog[open],[popover]:popover-open")) return;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && (event.key === "Enter" || event.key === "s")) {
      saveByKey(event);
      return;
    }
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key === "z" && !typing(event.target) && undo()) {
      event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") { press("Escape"); return; }
    if (root.dataset.keys === "off" || typing(event.target)) return;
    var arrow = event.key === "ArrowDown" || event.key === "ArrowUp";
    if (arrow && !event.target.closest("[data-rows]")) return;
    if (event.key.toLowerCase() === "x" && pickByKey(event.shiftKey)) { event.preventDefault(); return; }
    if (singleKey(event.key.length === 1 ? event.key.toLowerCase() : event.key)) event.preventDefault();
  });

  document.addEventListener("click", event => {
    if (event.target.matches?.(PICK)) pick(event.target, event.shiftKey);
    var button = event.target.closest?.("[data-reveal],[data-dialog],[data-choose]");
    if (!button) return;
    if (button.dataset.choose) { choose(button); return; }
    if (button.dataset.reveal) reveal(button);
    else if (!("commandForElement" in button)) openDialog(button.dataset.dialog);
    else all("[popover]:popover-open").forEach(popover => { popover.hidePopover(); });
  });

  document.addEventListener("submit", event => {
    var form = event.target;
    if (event.defaultPrevented || form.method === "dialog") return;
    if (form.matches("[data-theme-form]")) { changeTheme(event, form); return; }
    if (form.dataset.sent) { event.preventDefault(); return; }
    var button = event.submitter || form.querySelector("button[data-busy]");
    if (form.matches("[data-guard]") || (button && button.dataset.busy)) busy(form, button);
  });

  document.addEventListener("reset", () => { setTimeout(sayPicks); });

  document.addEventListener("input", event => {
    var form = event.target.form;
    if (form && form.matches("[data-guard]")) sayChanges(form);
  });

  document.addEventListener("change", event => {
    var form = event.target.form;
    if (event.target.matches("[data-all]")) all(PICK).forEach(box => { box.checked = event.target.checked; });
    if (event.target.matches("#bulk input")) sayPicks();
    if (form && form.matches("[data-filter]")) offer(form);
    if (form && form.matches("[data-check]") && event.target.name && event.target.id && typing(event.target)) {
      setTimeout(check, 250, event.target);  /* not while the button to save is being pressed: nothing moves under it */
    }
  });

  document.addEventListener("focusin", event => {
    if (event.target.matches?.("[data-copy]")) event.target.select();
  });

  document.addEventListener("focusout", event => {
    if (event.target.matches?.("[data-money]")) groupDigits(event.target);
  });

  document.addEventListener("toggle", popoverToggled, true);

  window.addEventListener("beforeunload", event => {
    if (all("form[data-guard]").some(changed)) event.preventDefault();
  });

  /* Back from the browser's own memory: buttons work again. */
  window.addEventListener("pageshow", event => {
    if (event.persisted) all("form[data-sent]").forEach(ready);
  });

  function init() {
    all("[data-reveal],[data-dialog],[data-choose]").forEach(button => { button.hidden = false; });
    all("form[data-filter]").forEach(offer);
    sayPicks();
    all(".tip:has([data-undo])").forEach(fade);
    /* A status that was there from the start is not read aloud; writing it again is. */
    all("[data-say] span").forEach(span => {
      var text = span.textContent;
      span.textContent = "";
      setTimeout(() => { span.textContent = text; }, 50);
    });
  }

  /* data-focus: what must be read first. The browser's own autofocus comes before, where it knows it for this element. */
  function focusFirst() {
    var target = document.querySelector("[data-focus]");
    if (target && document.activeElement === document.body) target.focus();  /* not away from where one went meanwhile */
  }

  init();
  window.addEventListener("load", () => { setTimeout(focusFirst, 100); });
  document.addEventListener("htmx:after:swap", () => { init(); focusFirst(); });
})();
