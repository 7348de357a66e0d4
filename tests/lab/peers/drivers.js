// Drivers of databases, mail and messages, as programs of Node.js use them: drivers.js KIND HOST PORT ROOTS [MODE]
'use strict';

const fs = require('fs');
const { createRequire } = require('module');
const load = createRequire('/tmp/tlswhy-lab/npm/package.json');
const [kind, host, port, roots, mode = 'tls'] = process.argv.slice(2);
const ca = fs.readFileSync(roots);
const tls = { ca, servername: host };
const patience = 8000;

const drivers = {
  async pg() {
    const { Client } = load('pg');
    const c = new Client({ host, port: +port, user: 'postgres', database: 'postgres', connectionTimeoutMillis: patience,
      ssl: mode === 'plain' ? false : tls, ...(mode === 'direct' ? { sslnegotiation: 'direct' } : {}) });
    await c.connect();
    await c.query('select 1');
    await c.end();
  },
  async mysql2() {
    const c = await load('mysql2/promise').createConnection({ host, port: +port, user: 'kim', password: 'secret', connectTimeout: patience,
      ...(mode === 'plain' ? {} : { ssl: { ca, verifyIdentity: mode === 'identity' } }) });
    await c.query('select 1');
    await c.end();
  },
  async nodemailer() {
    const t = load('nodemailer').createTransport({ host, port: +port, secure: mode === 'implicit', requireTLS: mode === 'tls', ignoreTLS: mode === 'plain', tls,
      connectionTimeout: patience, greetingTimeout: patience });
    await t.sendMail({ from: 'a@b.example', to: 'kim@lindenhof.example', subject: 'lab', text: 'hello' });
    t.close();
  },
  async imapflow() {
    const { ImapFlow } = load('imapflow');
    const c = new ImapFlow({ host, port: +port, secure: mode === 'implicit', doSTARTTLS: mode === 'tls' ? true : undefined, auth: { user: 'kim', pass: 'secret' }, tls, logger: false });
    await c.connect();
    await c.logout();
  },
  async ldapts() {
    const { Client } = load('ldapts');
    const c = new Client({ url: (mode === 'implicit' ? 'ldaps' : 'ldap') + `://${host}:${port}`, tlsOptions: mode === 'implicit' ? tls : undefined, timeout: patience, connectTimeout: patience });
    if (mode === 'tls') await c.startTLS(tls);
    await c.search('', { scope: 'base' });
    await c.unbind();
  },
  async ioredis() {
    const Redis = load('ioredis');
    const c = new Redis({ host, port: +port, tls: mode === 'plain' ? undefined : tls, retryStrategy: null, lazyConnect: true, connectTimeout: patience, maxRetriesPerRequest: 0 });
    c.on('error', (e) => console.log('EVENT', e.message));
    await c.connect();
    await c.ping();
    c.disconnect();
  },
  async mongodb() {
    const { MongoClient } = load('mongodb');
    const c = new MongoClient(`mongodb://${host}:${port}/?directConnection=true`, { tls: mode !== 'plain', tlsCAFile: mode === 'plain' ? undefined : roots, serverSelectionTimeoutMS: 2500, connectTimeoutMS: 2500 });
    await c.connect();
    await c.close();
  },
  async mqtt() {
    const c = load('mqtt').connect({ protocol: mode === 'plain' ? 'mqtt' : 'mqtts', host, port: +port, ca, servername: host, reconnectPeriod: 0, connectTimeout: patience });
    await new Promise((resolve, reject) => { c.on('connect', resolve); c.on('error', reject); c.on('close', () => reject(new Error('closed'))); });
    c.end(true);
  },
  async amqplib() {
    const c = await load('amqplib').connect(`${mode === 'plain' ? 'amqp' : 'amqps'}://guest:guest@${host}:${port}`, { ca: [ca], servername: host, timeout: patience });
    await c.close();
  },
  async nats() {
    const { connect } = load('nats');
    const c = await connect({ servers: `${host}:${port}`, tls: mode === 'plain' ? undefined : { ca: ca.toString() }, reconnect: false, timeout: patience });
    await c.flush();
    await c.close();
  },
  async kafkajs() {
    const { Kafka, logLevel } = load('kafkajs');
    const k = new Kafka({ clientId: 'lab', brokers: [`${host}:${port}`], ssl: mode === 'plain' ? false : tls, connectionTimeout: 3000, logLevel: logLevel.NOTHING, retry: { retries: 0 } });
    const a = k.admin();
    await a.connect();
    await a.disconnect();
  },
  async tedious() {
    const { Connection } = load('tedious');
    const c = new Connection({ server: host, authentication: { type: 'default', options: { userName: 'sa', password: 'secret' } },
      options: { port: +port, encrypt: mode === 'strict' ? 'strict' : mode !== 'plain', trustServerCertificate: false, serverName: host, connectTimeout: patience, cryptoCredentialsDetails: { ca } } });
    await new Promise((resolve, reject) => { c.on('connect', (e) => (e ? reject(e) : resolve())); c.on('error', reject); c.connect(); });
    c.close();
  },
};

process.on('unhandledRejection', (e) => { console.log('ERR', e.code || '', e.message); process.exit(1); });
setTimeout(() => { console.log('ERR gave up'); process.exit(1); }, 14000).unref();
drivers[kind]().then(() => { console.log('OK'); process.exit(0); }, (e) => { console.log('ERR', e.code || '', e.message, e.cause ? e.cause.message : ''); process.exit(1); });
