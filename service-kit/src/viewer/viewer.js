// Starts Swagger UI on the document beside this file.
"use strict";

/** The token that the viewer fetched itself. A token that the reader entered is never replaced. */
let fetchedToken = null;

/**
 * Security schemes with `x-token-url` take a token that this URL returns to a signed-in browser. Behind a gateway the URL
 * is on the same origin; elsewhere it does not exist, and the reader enters a token.
 */
async function authorize(system, name, scheme) {
  const current = system.authSelectors.authorized()?.getIn([name, "value"]) ?? null;
  const url = scheme.get("x-token-url");
  if (!url || current !== fetchedToken) {
    return;
  }
  // Fetched for each request: tokens live for minutes, and end with the session.
  const response = await fetch(url).catch(() => null);
  const body = response?.ok ? await response.json().catch(() => null) : null;
  fetchedToken = body?.token ?? null;
  if (fetchedToken) {
    system.authActions.authorize({ [name]: { name, schema: scheme.toJS(), value: fetchedToken } });
  } else if (current) {
    system.authActions.logout([name]);
  }
}

/** Authorizes a request to a secured operation before it is sent. */
function authorizeFirst(original, system) {
  return async (request) => {
    const schemes = system.specSelectors.specJson().getIn(["components", "securitySchemes"]);
    const names = (request.operation.get("security") ?? []).flatMap((requirement) => [...requirement.keys()]);
    for (const name of names) {
      await authorize(system, name, schemes.get(name));
    }
    return original(request);
  };
}

/** The value of a runtime expression of OpenAPI, as far as links of these documents use them. */
function valueOf(expression, response) {
  const pointer = /^\$response\.body#\/(.+)$/.exec(expression)?.[1];
  return pointer?.split("/").reduce((value, key) => value?.[key], response.obj);
}

/** Fills in the parameters that the links of a response name: the id of a new task, for example. */
function followLinks(original, system) {
  return (path, method, response) => {
    const result = original(path, method, response);
    const paths = system.specSelectors.specJson().toJS().paths;
    const links = paths[path]?.[method]?.responses?.[response.status]?.links ?? {};
    for (const { operationId, parameters = {} } of Object.values(links)) {
      for (const [target, item] of Object.entries(paths)) {
        const verb = Object.keys(item).find((candidate) => item[candidate].operationId === operationId);
        for (const parameter of verb ? item[verb].parameters : []) {
          const value = valueOf(parameters[parameter.name] ?? "", response);
          if (value !== undefined) {
            system.specActions.changeParam([target, verb], parameter.name, parameter.in, value, false);
          }
        }
      }
    }
    return result;
  };
}

/** Names the editor of a request body, which Swagger UI leaves without a label. */
const labelled = (TextArea, { React }) =>
  function LabelledTextArea(props) {
    return React.createElement(TextArea, { "aria-label": "Request body", ...props });
  };

const newcomer = () => ({
  statePlugins: { spec: { wrapActions: { execute: authorizeFirst, setResponse: followLinks } } },
  wrapComponents: { TextArea: labelled },
});

// Swagger UI has the dark theme, and the switch for it in a bar that is not shown here.
const dark = matchMedia("(prefers-color-scheme: dark)");
const applyTheme = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", applyTheme);
applyTheme();

SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#viewer",
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [newcomer],
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  filter: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  // The validator is a service of somebody else.
  validatorUrl: null,
});
