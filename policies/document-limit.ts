/** The largest policy document that is read, in bytes of UTF-8: several times the size of the largest allowed policy. */
export const maxDocumentBytes = 128 * 1024;
