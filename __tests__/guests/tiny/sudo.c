/* A stand-in for sudo, which busybox lacks: members of group sudo become any user without a password.
   sudo [-n] [-E] [-H] [-u USER] [--] [NAME=VALUE…] COMMAND [ARGUMENT…] */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int allowed(void) {
  struct group *group = getgrnam("sudo");
  struct passwd *caller = getpwuid(getuid());
  if (getuid() == 0) return 1;
  if (!group || !caller) return 0;
  for (char **member = group->gr_mem; *member; member++)
    if (!strcmp(*member, caller->pw_name)) return 1;
  return 0;
}

static int fail(const char *what) {
  fprintf(stderr, "sudo: %s\n", what);
  return 1;
}

int main(int argc, char **argv) {
  const char *user = "root";
  int keep_environment = 0, option;
  while ((option = getopt(argc, argv, "+nEHu:")) != -1) {
    if (option == 'u') user = optarg;
    else if (option == 'E') keep_environment = 1;
    else if (option == '?') return 1;
  }
  struct passwd *target = getpwnam(user);
  if (!target) return fail("unknown user");
  if (!allowed()) return fail("a password is required");
  if (!keep_environment) {
    const char *term = getenv("TERM");
    clearenv();
    if (term) setenv("TERM", term, 1);
  }
  setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
  setenv("HOME", target->pw_dir, 1);
  setenv("USER", user, 1);
  setenv("LOGNAME", user, 1);
  while (optind < argc && strchr(argv[optind], '=')) putenv(argv[optind++]);
  if (optind == argc) return fail("no command given");
  if (initgroups(user, target->pw_gid) || setgid(target->pw_gid) || setuid(target->pw_uid)) return fail(strerror(errno));
  execvp(argv[optind], argv + optind);
  fprintf(stderr, "sudo: %s: %s\n", argv[optind], errno == ENOENT ? "command not found" : strerror(errno));
  return errno == ENOENT ? 127 : 126;
}
