"use strict";
// What the page can do besides being read: it lacks nothing without.
for (const finder of document.querySelectorAll(".finder")) finder.hidden = false;
const list = document.querySelector("details.list");
if (list && matchMedia("(max-width: 52rem)").matches) list.open = false;
const find = document.getElementById("find");
if (find) {
  const entries = [...document.querySelectorAll("nav li[data-id]")];
  find.addEventListener("input", () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const entry of entries) {
      const fits = words.every((word) => entry.dataset.words.toLowerCase().includes(word));
      entry.hidden = !fits;
      const card = document.getElementById(entry.dataset.id);
      if (card) card.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    document.getElementById("found").textContent = words.length ? `${shown} of ${entries.length}` : "";
  });
}
if (navigator.clipboard && isSecureContext) {
  for (const code of document.querySelectorAll(".command")) {
    const text = code.textContent;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "copy";
    button.setAttribute("aria-label", `copy ${text}`);
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(text);
      button.textContent = "copied";
      setTimeout(() => { button.textContent = "copy"; }, 1500);
    });
    code.append(button);
  }
}
