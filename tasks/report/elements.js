"use strict";
// What the scripts of all reports share: elements whose text is never parsed as markup, numbers, and the names of verdicts.
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
  return kind === "accepted" ? "right" : state === "wrong" || kind === "wrong" ? kind : state === "right" ? "right" : "not judged: " + kind;
};
