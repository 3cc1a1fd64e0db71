/*
 * The linker's own digest of the library's contents, read from the library in memory: it differs whenever anything
 * does, and does not when nothing does. Where there is none (not ELF), the time of compilation has to do.
 */
#include "runtime/build_id.h"

#include <cstdint>
#include <cstring>

#if defined(__ELF__)
#include <elf.h>
#include <link.h>
#endif

namespace adjoint {
namespace {

struct Text {
  Text() {
#if defined(__ELF__)
    dl_iterate_phdr(visit, this);
#endif
    if (text[0] == '\0') std::strcpy(text, __DATE__ " " __TIME__);
  }

#if defined(__ELF__)
  /* Called for each library of the process; the one that holds this text is ours. */
  static int visit(dl_phdr_info* library, size_t, void* self) {
    Text* text = static_cast<Text*>(self);
    bool ours = false;
    for (int i = 0; i < library->dlpi_phnum; ++i) {
      const ElfW(Phdr)& header = library->dlpi_phdr[i];
      ours = ours || (header.p_type == PT_LOAD &&
                      reinterpret_cast<uintptr_t>(self) - (library->dlpi_addr + header.p_vaddr) < header.p_memsz);
    }
    for (int i = 0; ours && i < library->dlpi_phnum; ++i) {
      const ElfW(Phdr)& header = library->dlpi_phdr[i];
      if (header.p_type != PT_NOTE) continue;
      text->read(reinterpret_cast<const char*>(static_cast<uintptr_t>(library->dlpi_addr + header.p_vaddr)),
                 header.p_memsz);
    }
    return ours ? 1 : 0;
  }

  void read(const char* notes, size_t bytes) {
    const auto padded = [](size_t n) { return (n + 3) / 4 * 4; };
    for (size_t at = 0; at + sizeof(ElfW(Nhdr)) <= bytes;) {
      ElfW(Nhdr) note;
      std::memcpy(&note, notes + at, sizeof(note));
      const char* name = notes + at + sizeof(note);
      const char* digest = name + padded(note.n_namesz);
      if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && std::memcmp(name, "GNU", 4) == 0) {
        size_t length = 0;
        for (size_t i = 0; i < note.n_descsz && length + 3 < sizeof(text); ++i) {
          const unsigned byte = static_cast<unsigned char>(digest[i]);
          text[length++] = "0123456789abcdef"[byte >> 4];
          text[length++] = "0123456789abcdef"[byte & 15];
        }
        text[length] = '\0';
        return;
      }
      at += sizeof(note) + padded(note.n_namesz) + padded(note.n_descsz);
    }
  }
#endif

  char text[96] = "";
};

}  // namespace

const char* build_id() {
  static const Text only;
  return only.text;
}

}  // namespace adjoint
