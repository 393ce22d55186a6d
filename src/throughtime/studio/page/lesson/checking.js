/** The worker that checks a certificate: each image that the checker looks at comes back, and then the verdict. */
import { check } from "../engine/checker/check.js";

onmessage = ({ data: certificate }) => {
  const verdict = check(certificate, { seen: (image) => postMessage({ image }) });
  postMessage({ verdict });
};
