/* A field that finds the page for a day in the list of a force's pages, the latest first. It finds the last page that
   begins by that day. It also finds the pages of changes whose exact day is not known, if they may have come by then. */
"use strict";
const list = document.querySelector("ul.columns"), pages = Array.from(list.querySelectorAll("[data-from]"));
const field = document.createElement("input"), label = document.createElement("label"), told = document.createElement("p");
field.type = "date";
field.max = list.dataset.last;
label.append("Find the page for a day: ", field);
told.setAttribute("role", "status");

function found(day) {
  if (!day) return [];
  if (day > list.dataset.last) return ["That day is later than the day of this site."];
  const link = (page) => page.firstElementChild.cloneNode(true);
  const page = pages.find((one) => one.dataset.from <= day);
  const possibly = pages.filter((one) => one.dataset.possibly <= day && day < one.dataset.from);
  const state = page ? ["The state on that day: ", link(page)] : ["Nothing is recorded for certain up to that day."];
  return [...state, ...possibly.flatMap((one) => [". Possibly changed by then: ", link(one)])];
}

field.addEventListener("input", () => told.replaceChildren(...found(field.value)));
list.closest("details").before(label, told);
