/** Discord: IP Discovery. Type and length, then 70 bytes: SSRC, address, port. */
const packetBytes = 74;
const question = 1;
const answer = 2;
const bodyBytes = 70;
const addressAt = 8;
const portAt = 72;

/** Where a packet came from, as seen by the receiver. */
export interface UdpAddress {
  readonly address: string;
  readonly port: number;
}

export function discoveryQuestion(ssrc: number): Buffer {
  return discoveryPacket(question, ssrc);
}

export function discoveryAnswer(ssrc: number, seen: UdpAddress): Buffer {
  const packet = discoveryPacket(answer, ssrc);
  packet.write(seen.address, addressAt, portAt - addressAt - 1, 'utf8');
  packet.writeUInt16BE(seen.port, portAt);
  return packet;
}

/** The SSRC of a discovery request; undefined for anything else. */
export function readDiscoveryQuestion(packet: Buffer): number | undefined {
  return isDiscovery(packet, question) ? packet.readUInt32BE(4) : undefined;
}

export function readDiscoveryAnswer(packet: Buffer): (UdpAddress & { readonly ssrc: number }) | undefined {
  if (!isDiscovery(packet, answer)) return undefined;
  const address = packet.toString('utf8', addressAt, packet.indexOf(0, addressAt));
  return { ssrc: packet.readUInt32BE(4), address, port: packet.readUInt16BE(portAt) };
}

function isDiscovery(packet: Buffer, type: number): boolean {
  return packet.length === packetBytes && packet.readUInt16BE(0) === type && packet.readUInt16BE(2) === bodyBytes;
}

function discoveryPacket(type: number, ssrc: number): Buffer {
  const packet = Buffer.alloc(packetBytes);
  packet.writeUInt16BE(type, 0);
  packet.writeUInt16BE(bodyBytes, 2);
  packet.writeUInt32BE(ssrc, 4);
  return packet;
}
