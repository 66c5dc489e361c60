/*
 * A sink and a source over lwIP as its packagers built it, for the benchmark, on TAP.
 *
 *     lwip_bulk DEVICE ADDRESS PORT     takes whatever comes at that port; and on its input:
 *     ADDRESS PORT BYTES                connects, sends so much, and finishes
 *
 * It prints "ready"; for each connection at its port that has ended, the bytes that came and the nanoseconds from the first to the last; and "sent" when
 * the other end of a connection of ours has finished, too. It ends with its input.
 *
 * The driver is here because theirs, tapif, takes what comes into a pbuf of PBUF_POOL. In the library of Debian 12 these have room for 592 bytes, and
 * pbuf_alloc() gives them as if they had room for 1520: with an MTU of 1500 it writes over the ends of its own memory, and aborts.
 */
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "lwip/etharp.h"
#include "lwip/sys.h"
#include "lwip/tcp.h"
#include "lwip/tcpip.h"
#include "netif/ethernet.h"

enum { MTU = 1500, LARGEST_FRAME = 14 + MTU };

static int wire;

/* What an application has, to copy into and from. */
static char memory[1 << 16];

/* The connection under way: one at a time. */
static unsigned long long came, left;
static struct timespec first, last;
static int finishing;

static void fail(const char *what) {
    fprintf(stderr, "lwip_bulk: %s\n", what);
    exit(1);
}

static void on_error(void *arg, err_t error) {
    fail(lwip_strerr(error));
}

/* The wire. */

static err_t transmit(struct netif *netif, struct pbuf *p) {
    char frame[LARGEST_FRAME];
    pbuf_copy_partial(p, frame, p->tot_len, 0);
    return write(wire, frame, p->tot_len) < 0 ? ERR_IF : ERR_OK;
}

static void receive(void *netif) {
    for (;;) {
        char frame[LARGEST_FRAME];
        ssize_t count = read(wire, frame, sizeof frame);
        if (count < 0) fail("the wire is gone");
        struct pbuf *p = pbuf_alloc(PBUF_RAW, count, PBUF_RAM);
        if (p == NULL) continue;
        pbuf_take(p, frame, count);
        if (((struct netif *)netif)->input(p, netif) != ERR_OK) pbuf_free(p);
    }
}

static err_t set_up(struct netif *netif) {
    static const u8_t address[] = {2, 0, 0, 0, 0, 3};
    struct ifreq device = {.ifr_flags = IFF_TAP | IFF_NO_PI};
    strncpy(device.ifr_name, netif->state, IFNAMSIZ - 1);
    wire = open("/dev/net/tun", O_RDWR);
    if (wire < 0 || ioctl(wire, TUNSETIFF, &device) < 0) fail("no such device");
    netif->name[0] = 't', netif->name[1] = 'p';
    netif->mtu = MTU;
    netif->hwaddr_len = sizeof address;
    memcpy(netif->hwaddr, address, sizeof address);
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
    netif->output = etharp_output;
    netif->linkoutput = transmit;
    sys_thread_new("wire", receive, netif, DEFAULT_THREAD_STACKSIZE, DEFAULT_THREAD_PRIO);
    return ERR_OK;
}

/* The sink. */

static err_t on_receive(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t error) {
    if (p == NULL) {
        long long nanoseconds = (last.tv_sec - first.tv_sec) * 1000000000LL + last.tv_nsec - first.tv_nsec;
        printf("%llu %lld\n", came, nanoseconds);
        tcp_close(pcb);
        return ERR_OK;
    }
    clock_gettime(CLOCK_MONOTONIC, &last);
    if (came == 0) first = last;
    came += p->tot_len;
    pbuf_copy_partial(p, memory, p->tot_len, 0);
    tcp_recved(pcb, p->tot_len);
    pbuf_free(p);
    return ERR_OK;
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t error) {
    came = 0;
    tcp_recv(pcb, on_receive);
    tcp_err(pcb, on_error);
    return ERR_OK;
}

/* The source. */

static err_t pump(void *arg, struct tcp_pcb *pcb, u16_t count) {
    while (left > 0 && tcp_sndbuf(pcb) > 0) {
        size_t size = LWIP_MIN(left, LWIP_MIN(tcp_sndbuf(pcb), sizeof memory));
        if (tcp_write(pcb, memory, size, TCP_WRITE_FLAG_COPY) != ERR_OK) break; /* its queue is full */
        left -= size;
    }
    tcp_output(pcb);
    if (left == 0 && !finishing) {
        finishing = 1;
        tcp_shutdown(pcb, 0, 1);
    }
    return ERR_OK;
}

static err_t on_farewell(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t error) {
    if (p != NULL) fail("nothing was to come");
    puts("sent");
    tcp_close(pcb);
    return ERR_OK;
}

static err_t on_connect(void *arg, struct tcp_pcb *pcb, err_t error) {
    tcp_recv(pcb, on_farewell);
    tcp_sent(pcb, pump);
    return pump(arg, pcb, 0);
}

static void send_all(const char *address, int port) {
    ip_addr_t to;
    finishing = 0;
    LOCK_TCPIP_CORE();
    struct tcp_pcb *pcb = tcp_new();
    tcp_err(pcb, on_error);
    if (!ipaddr_aton(address, &to) || tcp_connect(pcb, &to, port, on_connect) != ERR_OK) fail("cannot connect");
    UNLOCK_TCPIP_CORE();
}

int main(int argc, char **argv) {
    static struct netif netif;
    ip4_addr_t address, mask, gateway;
    if (argc != 4 || !ip4addr_aton(argv[2], &address)) fail("DEVICE ADDRESS PORT");
    setvbuf(stdout, NULL, _IOLBF, 0);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    IP4_ADDR(&gateway, 0, 0, 0, 0);
    tcpip_init(NULL, NULL);
    LOCK_TCPIP_CORE();
    netif_add(&netif, &address, &mask, &gateway, argv[1], set_up, tcpip_input);
    netif_set_default(&netif);
    netif_set_up(&netif);
    struct tcp_pcb *pcb = tcp_new();
    if (tcp_bind(pcb, IP_ANY_TYPE, atoi(argv[3])) != ERR_OK) fail("cannot bind");
    tcp_accept(tcp_listen(pcb), on_accept);
    UNLOCK_TCPIP_CORE();
    puts("ready");

    char line[128], peer[64];
    int port;
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (sscanf(line, "%63s %d %llu", peer, &port, &left) == 3) send_all(peer, port);
    }
    return 0;
}
