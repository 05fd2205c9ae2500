/* The import page: a file may be dropped anywhere on its frame. */

import { $ } from "./page.js";

const frame = $(".drop");
const input = $("#file");

if (frame && input) {
  const over = (shown) => frame.classList.toggle("over", shown);
  frame.addEventListener("dragover", (event) => {
    event.preventDefault();
    over(true);
  });
  frame.addEventListener("dragleave", () => over(false));
  frame.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
  });
}
