"use strict";
// Buttons choose the variants that stand out in the plots: their lines come to the front in colour, or turn grey again.
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
