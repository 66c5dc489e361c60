/*
 * What nc does, over lwIP: a TCP that has nothing to do with the kernel's, nor with ours. It sits on a device of the kernel's beside the
 * kernel, as a machine of its own on that wire, and speaks raw Ethernet there.
 *
 *     lwip_peer DEVICE FILE call ADDRESS PORT     connects
 *     lwip_peer DEVICE FILE listen PORT           prints "listening", and takes one connection
 *
 * Either sends the file, finishes its half, and writes what it hears into FILE.heard, all at the same time. When both halves are over it prints
 * "done", and stays for as long as there is input: whoever has lost our last segment may ask for it again.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lwip/etharp.h"
#include "lwip/tcp.h"
#include "lwip/tcpip.h"
#include "netif/ethernet.h"

enum { MTU = 552, LARGEST_FRAME = 2048, LARGEST_FILE = 16 << 20 };

static int wire;
static char file[LARGEST_FILE];
static size_t length, written;
static FILE *heard;
static int heard_out;

static void fail(const char *what) {
    fprintf(stderr, "lwip_peer: %s\n", what);
    exit(1);
}

/* The wire. */

static err_t transmit(struct netif *netif, struct pbuf *p) {
    char frame[LARGEST_FRAME];
    pbuf_copy_partial(p, frame, p->tot_len, 0);
    return send(wire, frame, p->tot_len, 0) < 0 ? ERR_IF : ERR_OK;
}

static err_t set_up(struct netif *netif) {
    static const u8_t address[] = {2, 0, 0, 0, 0, 3};
    netif->name[0] = 'p', netif->name[1] = 'k';
    netif->mtu = MTU;
    netif->hwaddr_len = sizeof address;
    memcpy(netif->hwaddr, address, sizeof address);
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
    netif->output = etharp_output;
    netif->linkoutput = transmit;
    return ERR_OK;
}

static void *receive(void *netif) {
    for (;;) {
        char frame[LARGEST_FRAME];
        struct sockaddr_ll from;
        socklen_t size = sizeof from;
        ssize_t count = recvfrom(wire, frame, sizeof frame, 0, (struct sockaddr *)&from, &size);
        if (count < 0) fail("the wire is gone");
        if (from.sll_pkttype == PACKET_OUTGOING) continue; /* the kernel's own, not the stack's */
        struct pbuf *p = pbuf_alloc(PBUF_RAW, count, PBUF_POOL);
        if (p == NULL) continue;
        pbuf_take(p, frame, count);
        if (((struct netif *)netif)->input(p, netif) != ERR_OK) pbuf_free(p);
    }
    return NULL;
}

static void open_wire(const char *device) {
    struct sockaddr_ll where = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = if_nametoindex(device)};
    wire = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
    if (wire < 0 || bind(wire, (struct sockaddr *)&where, sizeof where) < 0) fail("no such device");
}

/* The connection. All of this runs in lwIP's own thread, or with its lock. */

/* Says so when both halves are over. */
static void conclude(void) {
    if (!heard_out || written < length) return;
    heard_out = 0;
    puts("done");
    fflush(stdout);
}

static void pump(struct tcp_pcb *pcb) {
    while (written < length && tcp_sndbuf(pcb) > 0) {
        size_t count = LWIP_MIN(length - written, tcp_sndbuf(pcb));
        if (tcp_write(pcb, file + written, count, TCP_WRITE_FLAG_COPY) != ERR_OK) break; /* its queue is full */
        written += count;
        if (written == length) tcp_shutdown(pcb, 0, 1);
    }
    tcp_output(pcb);
    conclude();
}

static err_t on_sent(void *arg, struct tcp_pcb *pcb, u16_t count) {
    pump(pcb);
    return ERR_OK;
}

static err_t on_receive(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t error) {
    if (p == NULL) {
        fclose(heard);
        heard_out = 1;
        conclude();
        return ERR_OK;
    }
    for (struct pbuf *q = p; q != NULL; q = q->next) fwrite(q->payload, 1, q->len, heard);
    tcp_recved(pcb, p->tot_len);
    pbuf_free(p);
    return ERR_OK;
}

static void on_error(void *arg, err_t error) {
    fail(lwip_strerr(error));
}

static err_t on_connect(void *arg, struct tcp_pcb *pcb, err_t error) {
    tcp_recv(pcb, on_receive);
    tcp_sent(pcb, on_sent);
    tcp_err(pcb, on_error);
    pump(pcb);
    return ERR_OK;
}

int main(int argc, char **argv) {
    static struct netif netif;
    if (argc < 5) fail("DEVICE FILE call ADDRESS PORT, or DEVICE FILE listen PORT");
    FILE *input = fopen(argv[2], "rb");
    if (input == NULL) fail("no such file");
    length = fread(file, 1, sizeof file, input);
    char path[4096];
    snprintf(path, sizeof path, "%s.heard", argv[2]);
    heard = fopen(path, "wb");
    if (heard == NULL) fail("the file cannot be written");
    open_wire(argv[1]);

    tcpip_init(NULL, NULL);
    LOCK_TCPIP_CORE();
    ip4_addr_t address, mask, gateway, peer;
    IP4_ADDR(&address, 10, 44, 0, 3);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    IP4_ADDR(&gateway, 0, 0, 0, 0);
    netif_add(&netif, &address, &mask, &gateway, NULL, set_up, tcpip_input);
    netif_set_default(&netif);
    netif_set_up(&netif);
    pthread_t receiver;
    pthread_create(&receiver, NULL, receive, &netif);
    struct tcp_pcb *pcb = tcp_new();
    if (strcmp(argv[3], "call") == 0 && argc > 5) {
        ip4addr_aton(argv[4], &peer);
        ip_addr_t to;
        ip_addr_copy_from_ip4(to, peer);
        tcp_err(pcb, on_error);
        if (tcp_connect(pcb, &to, atoi(argv[5]), on_connect) != ERR_OK) fail("cannot connect");
    } else {
        if (tcp_bind(pcb, IP_ANY_TYPE, atoi(argv[4])) != ERR_OK) fail("cannot bind");
        tcp_accept(tcp_listen(pcb), on_connect);
        puts("listening");
        fflush(stdout);
    }
    UNLOCK_TCPIP_CORE();
    char byte;
    while (read(0, &byte, 1) > 0) continue;
    return 0;
}
