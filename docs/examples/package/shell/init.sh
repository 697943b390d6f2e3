#!/bin/sh
# Run on every machine, in this folder, before kubeadm. Running it again changes nothing.
set -eu

install -m 0755 ../bin/kubeadm ../bin/kubectl ../bin/kubelet /usr/bin/
install -D -m 0644 ../conf/kubelet.service /etc/systemd/system/kubelet.service
install -D -m 0644 ../conf/10-kubeadm.conf /etc/systemd/system/kubelet.service.d/10-kubeadm.conf
systemctl daemon-reload
systemctl enable kubelet.service

# kubelet refuses to start with swap, unless it is told otherwise.
swapoff -a

# What containers need from the kernel, now and at the next boot.
printf 'overlay\nbr_netfilter\n' >/etc/modules-load.d/kubernetes.conf
printf 'net.ipv4.ip_forward = 1\nnet.bridge.bridge-nf-call-iptables = 1\n' >/etc/sysctl.d/90-kubernetes.conf
modprobe overlay
modprobe br_netfilter
sysctl -q -p /etc/sysctl.d/90-kubernetes.conf

ctr --namespace k8s.io images import ../images/images.tar
