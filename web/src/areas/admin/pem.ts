/** What a certificate in text is saved as. */
export const PEM = 'application/x-pem-file';
