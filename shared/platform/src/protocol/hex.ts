export { fromHex, toHex } from '../crypto/bytes.ts';
