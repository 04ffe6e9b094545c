"use strict";
// Which variants stand out in the plots: a button's lines come to the front in its colour, or go back among the grey ones.
for (const button of document.querySelectorAll("[data-choice]")) {
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    for (const line of document.querySelectorAll(`[data-v="${button.dataset.choice}"]`)) {
      line.classList.toggle("off", !on);
      if (on) line.parentNode.append(line);
    }
  });
}
