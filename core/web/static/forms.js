/* Lumbung: what makes forms quicker. Rows are added without a trip, links are comboboxes, and what a link leads to
   is made in a second layer. Without this file buttons of the form do the same. */
(function () {
  "use strict";

  function all(selector, inside) {
    return [...(inside || document).querySelectorAll(selector)];
  }

  function tell(element, kind) {
    element.dispatchEvent(new Event(kind, { bubbles: true }));
  }

  /* Attributes of all that is inside, and of what templates hold. */
  function change(inside, edit) {
    [inside, ...all("*", inside)].forEach(element => {
      [...element.attributes || []].forEach(attribute => {
        var value = edit(attribute.name, attribute.value);
        if (value !== attribute.value) attribute.value = value;
      });
      if (element.content) change(element.content, edit);
    });
  }

  /* ---- rows: data-add makes one of the template of its data-lines ---- */

  function addRow(button) {
    var box = button.closest("[data-lines]"), body = box.querySelector("tbody"), list = box.dataset.lines;
    var numbers = all("[name^='" + list + "-new']", body).map(item => {
      return Number(item.name.slice(list.length + 4).split("-")[0]);
    });
    var key = 1 + Math.max(0, ...numbers), place = String(body.rows.length + 1);
    var row = box.querySelector("template").content.querySelector("tr").cloneNode(true);
    change(row, (name, value) => {
      if (name === "aria-label") return value.replace(/ 0$/, " " + place);
      return value.replace(list + "-new0", list + "-new" + key);
    });
    body.append(row);
    row.querySelector("input,select,textarea").focus();
    tell(row.querySelector("input,select,textarea"), "input");
  }

  /* ---- comboboxes: data-suggest is where suggestions come from ---- */

  var timer, count = 0;

  function box(input) {
    if (input.list) input.removeAttribute("list");
    var list = document.getElementById(input.getAttribute("aria-controls"));
    if (list) return list;
    list = document.createElement("div");
    list.id = "suggested-" + (count += 1);
    list.className = "sug";
    list.popover = "manual";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", name(input));
    var status = document.createElement("span");
    status.className = "vh";
    status.setAttribute("role", "status");
    input.closest(".field").append(list, status);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", list.id);
    return list;
  }

  function name(input) {
    return input.getAttribute("aria-label") || (input.labels[0] ? input.labels[0].firstChild.textContent.trim() : input.name);
  }

  function close(input) {
    var list = box(input);
    clearTimeout(timer);
    if (list.matches(":popover-open")) list.hidePopover();
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function look(input, wait) {
    clearTimeout(timer);
    timer = setTimeout(() => {
      var text = input.value.trim();
      fetch(input.dataset.suggest + "?q=" + encodeURIComponent(text.replace(/ #\d+$/, "").slice(0, 200)))
        .then(answer => answer.ok && answer.json())
        .then(found => {
          if (found && input.value.trim() === text && document.activeElement === input) show(input, found, text);
        }).catch(() => { /* it is looked up on saving */ });
    }, wait);
  }

  function option(list, value, label) {
    var item = document.createElement("div");
    item.id = list.id + "-" + list.children.length;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    item.dataset.value = value;
    item.textContent = label;
    list.append(item);
    return item;
  }

  function show(input, found, text) {
    var list = box(input), button = input.closest(".field").querySelector("[data-create]");
    list.replaceChildren();
    found.items.forEach(item => { option(list, item[0], item[1]); });
    if (button && text && !/ #\d+$/.test(text)) {
      option(list, "", button.dataset.new.replace("%s", text)).dataset.make = text;
    }
    list.nextElementSibling.textContent = found.status;
    if (!list.children.length) { close(input); return; }
    if (!list.matches(":popover-open")) list.showPopover();
    beside(input, list);
    input.setAttribute("aria-expanded", "true");
    input.removeAttribute("aria-activedescendant");
  }

  function beside(input, list) {
    var place = input.getBoundingClientRect(), room = innerHeight - place.bottom, above = room < 160 && place.top > room;
    list.style.left = place.left + "px";
    list.style.width = Math.max(place.width, Math.min(240, innerWidth - place.left - 8)) + "px";
    list.style.top = above ? "auto" : place.bottom + 2 + "px";
    list.style.bottom = above ? innerHeight - place.top + 2 + "px" : "auto";
    list.style.maxHeight = Math.max(120, (above ? place.top : room) - 12) + "px";
  }

  function mark(input, item) {
    all("[role=option]", box(input)).forEach(other => { other.setAttribute("aria-selected", other === item); });
    input.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  }

  function take(input, item) {
    close(input);
    if (item.dataset.make) { make(input.closest(".field").querySelector("[data-create]"), item.dataset.make); return; }
    put(input, item.dataset.value, item.textContent);
  }

  function walk(event) {
    var input = event.target;
    if (event.isComposing || !input.matches("[data-suggest]")) return;
    var list = box(input), items = all("[role=option]", list), open = list.matches(":popover-open");
    var here = items.findIndex(item => item.id === input.getAttribute("aria-activedescendant"));
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) look(input, 0);
      else mark(input, items[(here + (event.key === "ArrowDown" ? 1 : here < 0 ? 0 : -1) + items.length) % items.length]);
    } else if (event.key === "Enter" && open && (here >= 0 || input.dataset.chips)) {
      event.preventDefault();
      take(input, items[Math.max(here, 0)]);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      close(input);
    }
  }

  /* ---- a second layer: data-create is the form of a new record, which is then chosen ---- */

  function put(input, value, label) {
    if (input.dataset.chips) {
      tick(input, /\d+$/.exec(value)[0], label);
      value = "";
    }
    if (input.tagName === "SELECT" && !all("option", input).some(item => item.value === value)) {
      input.add(new Option(label, value));
    }
    input.value = value;
    tell(input, "input");
    tell(input, "change");
    input.focus();
  }

  /* One of many that are chosen: a box of its own, or the one that is there. */
  function tick(input, key, label) {
    var group = input.closest(".field").querySelector(".chips"), chip = group.querySelector("[value='" + key + "']");
    if (!chip) {
      group.append(group.querySelector("template").content.cloneNode(true));
      chip = group.lastElementChild.querySelector("input");
      chip.value = key;
      group.lastElementChild.querySelector("span").textContent = label;
    }
    chip.checked = true;
  }

  function page(answer) {
    return answer.text().then(text => new DOMParser().parseFromString(text, "text/html"));
  }

  /* The form of a page in the layer; false where there is none, as after a sign-out. */
  function fill(dialog, found) {
    var form = found.querySelector("main form[data-guard]");
    if (!form) return false;
    var heading = document.createElement("h2"), parts = all("main .errs,main #error-line", found);
    heading.id = "layer-h";
    heading.textContent = found.querySelector("h1").textContent;
    form.removeAttribute("data-guard");
    form.removeAttribute("data-check");
    form.className = "";
    all("[data-create],[name=form-next]", form).forEach(button => { button.remove(); });
    dialog.replaceChildren(...[heading, ...parts, form].map(part => {
      var copy = document.importNode(part, true);
      if (part !== heading) change(copy, prefixed);
      return copy;
    }));
    (dialog.querySelector(".errs") || dialog.querySelector("[autofocus]") || heading).focus();
    return true;
  }

  function prefixed(name, value) {
    if (name === "id" || name === "for" || name === "list") return "l-" + value;
    if (name === "href" && value[0] === "#") return "#l-" + value.slice(1);
    if (name === "aria-describedby" || name === "aria-labelledby") return value.replace(/\S+/g, "l-$&");
    return value;
  }

  function make(button, text) {
    var input = button.closest(".field").querySelector(".in");
    fetch(button.dataset.create).then(answer => {
      return answer.ok && !answer.redirected && page(answer);
    }).then(found => {
      var dialog = document.createElement("dialog");
      dialog.className = "modal layer";
      dialog.setAttribute("aria-labelledby", "layer-h");
      if (!found || !fill(dialog, found)) { without(button); return; }
      document.body.append(dialog);
      dialog.addEventListener("close", () => { dialog.remove(); input.focus(); });
      dialog.addEventListener("submit", event => { send(event, dialog, input, button.dataset.create); });
      dialog.addEventListener("click", event => {
        if (event.target.closest(".save a")) { event.preventDefault(); dialog.close(); }
      });
      dialog.showModal();
      var first = dialog.querySelector("form input.in:not([readonly])");
      if (first) { first.value = text || ""; first.focus(); }
    }).catch(() => { without(button); });
  }

  function without(button) {
    button.removeAttribute("data-create");
    button.click();
  }

  function send(event, dialog, input, address) {
    var form = event.target, key = new RegExp(address.replace(/new$/, "(\\d+)").replace(/\./g, "\\.") + "(?:#.*)?$");
    event.preventDefault();
    if (form.dataset.sent) return;
    form.dataset.sent = "1";
    var data = new FormData(form, event.submitter);
    fetch(form.action, {
      method: "POST", body: form.enctype === "multipart/form-data" ? data : new URLSearchParams(data)
    }).then(answer => {
      var saved = answer.redirected && key.exec(answer.url);
      return page(answer).then(found => {
        if (!saved) {
          if (!fill(dialog, found)) delete form.dataset.sent;
          return;
        }
        var label = found.querySelector("h1").textContent;
        dialog.close();
        put(input, input.tagName === "SELECT" ? saved[1] : label + " #" + saved[1], label);
      });
    }).catch(() => { delete form.dataset.sent; });
  }

  /* ---- listeners, on the document: forms may come later ---- */

  document.addEventListener("focusin", event => {
    if (event.target.matches("[data-suggest]")) box(event.target);
  });

  document.addEventListener("input", event => {
    if (event.target.matches("[data-suggest]") && event.isTrusted) look(event.target, 200);
  });

  document.addEventListener("focusout", event => {
    if (event.target.matches("[data-suggest]")) close(event.target);
  });

  document.addEventListener("keydown", walk, true);

  document.addEventListener("mousedown", event => {
    if (event.target.closest(".sug")) event.preventDefault();  /* the input keeps the focus */
  });

  ["scroll", "resize"].forEach(kind => {
    window.addEventListener(kind, () => {
      var input = document.activeElement;
      if (input && input.matches("[data-suggest][aria-expanded=true]")) beside(input, box(input));
    }, true);
  });

  document.addEventListener("click", event => {
    if (event.target.matches("[data-suggest]") && !event.target.value) look(event.target, 0);
    var item = event.target.closest(".sug [role=option]"), button = event.target.closest("[data-add],[data-create]");
    if (item) take(item.closest(".field").querySelector("[data-suggest]"), item);
    if (!button) return;
    event.preventDefault();
    if (button.matches("[data-add]")) addRow(button);
    else make(button, "");
  });
})();
