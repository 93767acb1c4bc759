/* A field that finds the page for a day among those that a page lists: the last one from that day or before. */
"use strict";
const list = document.querySelector("ul.columns"), pages = Array.from(list.querySelectorAll("[data-from]"));
const field = document.createElement("input"), label = document.createElement("label"), told = document.createElement("p");
field.type = "date";
label.append("Find the page for a day: ", field);
told.setAttribute("role", "status");
field.addEventListener("input", () => {
  const page = pages.find((one) => one.dataset.from <= field.value); // the latest come first
  if (!field.value) told.replaceChildren();
  else if (page) told.replaceChildren("The state on that day: ", page.firstElementChild.cloneNode(true));
  else told.replaceChildren("Nothing is recorded up to that day.");
});
list.before(label, told);
