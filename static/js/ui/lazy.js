/** Components that a first visit does not need: their modules are fetched when they are first wanted, or a little later. */
import { useEffect, useState } from "preact/hooks";
import { html } from "./html.js";

const loaders = [];

/** The component `name` of a module. Nothing stands in its place until it is there; `onClose` is called when it cannot be had. */
export function lazy(load, name) {
  let found = null;
  const fetched = async () => (found = (await load())[name]);
  loaders.push(fetched);
  return function Lazy(props) {
    const [, setHere] = useState(found !== null);
    useEffect(() => {
      if (!found) fetched().then(() => setHere(true), props.onClose);
    }, []);
    return found && html`<${found} ...${props} />`;
  };
}

/** Everything, for those who go offline before they want it. */
export async function fetchTheRest() {
  await Promise.allSettled(loaders.map((fetched) => fetched()));
}
