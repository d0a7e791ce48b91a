/* The board: one menu for all cards; [ and ] move the card that has the focus, dragging moves any. All press its buttons. */
(function () {
  "use strict";

  var menu = document.getElementById("lanes"), aimed = null, dragged = null;

  function typing(element) {
    return element.matches("input,select,textarea") || element.isContentEditable;
  }

  function opener(card) {
    return card && card.querySelector(".menu");
  }

  /* The buttons of the menu say what they do with this card; those beside its own column have the keys. */
  function aim(card) {
    var begin = opener(card).value + ".", buttons = [...menu.querySelectorAll("button")];
    var here = buttons.findIndex(button => "." + button.dataset.to + "." === begin.slice(card.dataset.card.length));
    aimed = card;
    buttons.forEach((button, place) => {
      var key = { "-1": "[", "1": "]" }[here < 0 ? 0 : place - here] || "";
      button.value = begin + button.dataset.to;
      button.hidden = place === here;
      button.dataset.step = key && place - here;
      button.querySelector("kbd").textContent = key;
      if (key) button.setAttribute("aria-keyshortcuts", key);
      else button.removeAttribute("aria-keyshortcuts");
    });
  }

  /* The board knows no other move than those that the menu offers. */
  function move(card, which) {
    if (!opener(card)) return false;
    aim(card);
    var button = menu.querySelector("button" + which + ":not([hidden])");
    if (button) button.click();
    return Boolean(button);
  }

  function to(lane) {
    return "[data-to='" + CSS.escape(lane.dataset.lane) + "']";
  }

  document.addEventListener("click", event => {
    var card = event.target.closest?.("[data-card]");
    if (!card || !menu || event.target.closest(".menu") !== opener(card)) return;
    if (card !== aimed && menu.matches(":popover-open")) menu.hidePopover();
    aim(card);
  });

  document.addEventListener("keydown", event => {
    var key = event.key, card = event.target.closest?.("[data-card]") || (event.target.closest?.("#lanes") && aimed);
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || !card || typing(event.target)) return;
    if (document.documentElement.dataset.keys === "off") return;
    if (key === "[" || key === "]") {
      if (move(card, "[data-step='" + (key === "[" ? -1 : 1) + "']")) event.preventDefault();
      return;
    }
    if (key !== "j" && key !== "k") return;
    var links = [...document.querySelectorAll("[data-board] [data-card] > a")];
    var next = links[links.indexOf(card.querySelector("a")) + (key === "j" ? 1 : -1)];
    if (next) { next.focus(); event.preventDefault(); }
  });

  document.addEventListener("dragstart", event => {
    dragged = event.target.closest?.("[data-card]");
    if (!opener(dragged)) { dragged = null; return; }
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.card);
    dragged.classList.add("drag");
  });

  function laneOf(event) {
    var lane = dragged && event.target.closest?.("[data-lane]");
    return lane && !lane.contains(dragged) && menu.querySelector(to(lane)) ? lane : null;
  }

  function mark(lane) {
    document.querySelectorAll(".lane.over").forEach(other => { if (other !== lane) other.classList.remove("over"); });
    if (lane) lane.classList.add("over");
  }

  document.addEventListener("dragover", event => {
    var lane = laneOf(event);
    mark(lane);
    if (lane) event.preventDefault();
  });

  document.addEventListener("drop", event => {
    var lane = laneOf(event);
    if (!lane) return;
    event.preventDefault();
    move(dragged, to(lane));
  });

  document.addEventListener("dragend", () => {
    mark(null);
    if (dragged) dragged.classList.remove("drag");
    dragged = null;
  });

  function ready() {
    document.querySelectorAll("[data-card] > .menu").forEach(button => {
      button.type = "button";
      button.setAttribute("popovertarget", "lanes");
      button.parentNode.draggable = true;
    });
  }

  /* The card that was moved has the focus again, so that one goes on from there. */
  window.addEventListener("load", () => {
    var link = /^#k\d+$/.test(location.hash) && document.querySelector(location.hash);
    if (link) setTimeout(() => { link.focus(); });
  });

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready);
  else ready();
})();
