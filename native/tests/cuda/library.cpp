/*
 * How the CUDA backend over the emulator is set up where it is opened as a library, as Java's tests do: by the
 * environment, since the library shows its table alone.
 *
 *   ADJOINT_SIMT_ORDERS  how many orders of lanes and blocks each launch runs in, 1 to 4; 1 if not given
 *   ADJOINT_SIMT_FAILS   the number, from 0 on, of the first call of CUDA that fails, as all later ones do; none if not
 */
#include <cstdlib>

#include "simt/device.h"

namespace {

__attribute__((constructor)) void set_up() {
  const char* const orders = std::getenv("ADJOINT_SIMT_ORDERS");
  simt::set_orders(orders == nullptr ? 1 : std::atoi(orders));
  const char* const fails = std::getenv("ADJOINT_SIMT_FAILS");
  if (fails != nullptr) simt::fail_call(std::atoi(fails), true);
}

}  // namespace
