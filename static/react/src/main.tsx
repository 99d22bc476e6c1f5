// The page. StrictMode runs each effect twice while one develops: what that breaks was broken before.

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "../../shared/style.css";
import "../../chat/messages.css";
import "../../markdown/markdown.css";
import "./style.css";
import "../../chat/theme.js";
import { App } from "./App";
import { OneReply } from "./OneReply";
import { idInAddress } from "./useAddress";

const turn = idInAddress("turn");

createRoot(document.querySelector("#root")!).render(
  <StrictMode>{turn ? <OneReply key={turn} id={turn} /> : <App />}</StrictMode>,
);
