// A tool of the tests: a static program, so that its image needs nothing else. The parameter `do` says what it does.
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char job[65536];

static int asked(const char* what) {
  char words[64];
  snprintf(words, sizeof words, "\"do\": \"%s\"", what);
  return strstr(job, words) != NULL;
}

static int write_file(const char* path, const char* text) {
  FILE* file = fopen(path, "w");
  if (!file) return 0;
  fputs(text, file);
  return fclose(file) == 0;
}

int main(void) {
  FILE* file = fopen("/sedge/job.json", "r");
  if (!file) return 1;
  job[fread(job, 1, sizeof job - 1, file)] = 0;
  fclose(file);
  if (asked("fail")) {
    fputs("the reason\n", stderr);
    return 1;
  }
  if (asked("wait")) {
    signal(SIGTERM, SIG_IGN);
    puts("ready");
    fflush(stdout);
    for (;;) sleep(1);
  }
  char input[256] = "";
  file = fopen("/sedge/inputs/text/note.txt", "r");
  if (!file || !fgets(input, sizeof input, file)) return 1;
  fclose(file);
  printf("{\"type\":\"progress\",\"done\":1,\"total\":1,\"unit\":\"note\"}\n");
  printf("uid %d, root %s, input %s, network %s\n", (int)getuid(), write_file("/outside", "x") ? "writable" : "read-only",
         write_file("/sedge/inputs/text/note.txt", "x") ? "writable" : "read-only",
         access("/sys/class/net/eth0", F_OK) == 0 ? "there" : "none");
  if (!write_file("/sedge/outputs/note/note.txt", input)) return 1;
  return write_file("/sedge/outputs/note/metadata.json", "{}") ? 0 : 1;
}
