/* Lumbung: files. Without this file the form sends them all the same; it takes what is dropped and shows how far it is. */
(function () {
  "use strict";

  function formAt(event) {
    return event.target.closest?.("form[data-upload]");
  }

  function hasFiles(event) {
    return [...(event.dataTransfer?.types || [])].includes("Files");
  }

  function say(form, texts) {
    var place = form.querySelector("[role=alert]"), line = form.querySelector("template").content.firstElementChild;
    place.replaceChildren(...texts.map(text => {
      var shown = line.cloneNode(true);
      shown.querySelector("span").textContent = text;
      return shown;
    }));
    form.elements.file.toggleAttribute("aria-invalid", texts.length > 0);
    if (texts.length) {
      form.elements.file.setAttribute("aria-invalid", "true");
      form.elements.file.setAttribute("aria-describedby", "attach-h attach-e");
      form.elements.file.focus();
    }
  }

  function isBusy(form) {
    return form.querySelector("button").disabled;
  }

  function ready(form, isBusy) {
    form.querySelector("button").disabled = isBusy;
    form.querySelector("progress").hidden = !isBusy;
  }

  function isTooMuch(form) {
    return [...form.elements.file.files].reduce((sum, file) => sum + file.size, 0) > Number(form.dataset.room);
  }

  /* What is wrong with an answer that says nothing itself; nothing where the page, asked for anew, tells it best. */
  function fault(form, status) {
    return status === 0 ? form.dataset.lost : status === 413 ? form.dataset.large : status >= 500 ? form.dataset.failed : "";
  }

  function send(form) {
    if (isBusy(form)) return;
    if (isTooMuch(form)) return say(form, [form.dataset.large]);
    var request = new XMLHttpRequest(), bar = form.querySelector("progress"), answer = {};
    request.upload.addEventListener("progress", event => {
      if (event.lengthComputable) bar.value = Math.round(100 * event.loaded / event.total);
    });
    request.addEventListener("loadend", () => {
      try { answer = JSON.parse(request.responseText); } catch { answer = {}; }
      if (answer.href) {
        location.assign(answer.href);
        if (answer.href.split("#")[0] === location.pathname + location.search) location.reload();
        return;
      }
      var texts = answer.errors || [fault(form, request.status)];
      if (!texts[0]) return location.reload();
      ready(form, false);
      say(form, texts);
    });
    request.open("POST", form.action);
    request.setRequestHeader("X-Upload", "1");
    var data = new FormData(form);
    ready(form, true);
    say(form, []);
    request.send(data);
  }

  document.addEventListener("submit", event => {
    var form = formAt(event);
    if (!form || !form.elements.file.files.length) return;
    event.preventDefault();
    send(form);
  });

  document.addEventListener("dragover", event => {
    var form = formAt(event);
    if (!form || !hasFiles(event)) return;
    event.preventDefault();
    form.classList.add("over");
  });

  document.addEventListener("dragleave", event => {
    var form = formAt(event);
    if (form && !form.contains(event.relatedTarget)) form.classList.remove("over");
  });

  document.addEventListener("drop", event => {
    var form = formAt(event);
    if (!form || !hasFiles(event)) return;
    event.preventDefault();
    form.classList.remove("over");
    if (isBusy(form)) return;
    form.elements.file.files = event.dataTransfer.files;
    send(form);
  });
})();
