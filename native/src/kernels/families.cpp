/* The families of the instruction set that this file is compiled for. */
#include "kernels/families.h"

ADJ_ISA_BEGIN

#define ADJ_DECLARE(family) extern const Family family;
ADJ_FAMILIES(ADJ_DECLARE)

namespace {
#define ADJ_ADDRESS(family) &family,
constexpr const Family* list[] = {ADJ_FAMILIES(ADJ_ADDRESS)};
}  // namespace

const Families families{list, sizeof(list) / sizeof(list[0])};

ADJ_ISA_END
