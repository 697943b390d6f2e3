import type { Socket } from 'node:net'
import type { Answer, Page } from './pages.ts'
import { MAX_HEAD_BYTES, readRequest } from './request.ts'

/** What is read and thrown away behind a question, so that who sends a little too much gets the answer nevertheless. */
const MAX_REST_BYTES = 64 * 1024

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  431: 'Request Header Fields Too Large',
  503: 'Service Unavailable',
}

/**
 * One question and its answer: HTTP/1.1 without all that a page of numbers does not need.
 *
 * Node's own server takes up every question that has come, and one packet has room for thousands. Here the first one is
 * answered, and what is behind it is not looked at.
 */
export async function converse(socket: Socket, answer: Answer, isTrusted: boolean): Promise<void> {
  const request = readRequest(await headOf(socket))
  // Half a question, and then the end: nobody waits for an answer.
  if (request === undefined) {
    socket.destroy()
    return
  }
  const page = await answer(request, isTrusted)
  const isHead = 'method' in request && request.method === 'HEAD'
  socket.end(isHead ? headText(page) : headText(page) + page.body)
}

/** What has come, once it is a question, or none, or over. */
function headOf(socket: Socket): Promise<Buffer> {
  return new Promise((resolve) => {
    let head: Buffer = Buffer.alloc(0)
    let rest = 0
    let isRead = false
    socket.on('data', (more: Buffer) => {
      if (isRead) {
        rest += more.length
        if (rest > MAX_REST_BYTES) socket.pause()
        return
      }
      head = Buffer.concat([head, more.subarray(0, MAX_HEAD_BYTES - head.length)])
      isRead = readRequest(head) !== undefined
      if (isRead) resolve(head)
    })
    socket
      .once('end', () => resolve(head))
      .once('close', () => resolve(head))
      .resume()
  })
}

function headText({ status, body, type = 'text/plain; charset=utf-8' }: Page): string {
  const lines = [
    `HTTP/1.1 ${status} ${REASONS[status] ?? ''}`,
    `Date: ${new Date().toUTCString()}`,
    `Content-Type: ${type}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  return `${lines.join('\r\n')}\r\n\r\n`
}
