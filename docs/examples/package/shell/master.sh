#!/bin/sh
# Run on the first control plane, in this folder, after kubeadm init: the network of the pods, and whatever else
# the cluster is to have. Every file of conf/ that ends in .yaml is applied, in the order of the names.
set -eu

for file in ../conf/*.yaml; do
	[ -e "$file" ] || continue
	kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f "$file"
done
