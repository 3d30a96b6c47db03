declare global {
  var __webpack_nonce__: string | undefined;
}

/** The nonce that this page may give to style elements (the api puts it into the page; browsers hide it from CSS). */
export const styleNonce = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? '';

// Where react-remove-scroll (under every dialog) looks for it.
globalThis.__webpack_nonce__ = styleNonce;
