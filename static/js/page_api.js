/** The HTTP API as this page reaches it. */
import { Api } from "./api.js";
import { words } from "./words.js";

const { urls } = JSON.parse(document.getElementById("boot").textContent);

export const api = new Api({ base: urls.api, token: document.querySelector("[name=csrfmiddlewaretoken]").value, lost: words.lost });
