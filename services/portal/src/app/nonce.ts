declare global {
  var __webpack_nonce__: string | undefined;
}

/** The CSP nonce for style elements. The api puts it into the page; browsers hide it from CSS. */
export const styleNonce = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? '';

// react-remove-scroll, which every dialog uses, reads it from here.
globalThis.__webpack_nonce__ = styleNonce;
