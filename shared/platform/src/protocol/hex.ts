export { fromHex } from '../crypto/bytes.ts';
