"use strict";
// Shared by the scripts of all reports: elements whose text is never parsed as markup, numbers, names of verdicts.
const element = (name, text, className) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
};
const number = (value, digits, signed) => {
  if (value === null) return "-";
  if (typeof value === "string") return value; // nan, inf
  const text = Math.abs(value).toFixed(digits);
  const zero = Number(text) === 0;
  return (value < 0 && !zero ? "\u2212" : signed && !zero ? "+" : "") + text;
};
// `state` is right, wrong or unjudged.
const verdictWord = (verdict, state) => {
  const kind = verdict.replaceAll("_", " ");
  if (kind === "accepted") return "right";
  if (state === "wrong" || kind === "wrong") return kind;
  return state === "right" ? "right" : "not judged: " + kind;
};
