# its own cloud-init configuration fails: `cloud-init status` is error
alter_root() { printf 'bootcmd:\n  - [false]\n' > root/etc/cloud/cloud.cfg.d/20-broken.cfg; }
