// A stand-in accelerator for tests: a device type of its own (PyTorch's PrivateUse1) whose memory and arithmetic are
// the host's, so that its numbers are exactly the CPU's. What makes it useful is what it refuses, as CUDA does: to mix
// its tensors with host tensors, to draw from a host generator, and (PyTorch sees to that) to become a numpy array.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/EmptyTensor.h>
#include <ATen/Functions.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <ATen/native/Resize.h>
#include <ATen/ops/resize_native.h>
#include <ATen/ops/set_native.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <c10/core/impl/alloc_cpu.h>
#include <torch/library.h>

namespace {

constexpr auto DEVICE_TYPE = c10::DeviceType::PrivateUse1;
const c10::Device DEVICE(DEVICE_TYPE, 0);
const c10::DispatchKeySet DEVICE_KEY(c10::DispatchKey::PrivateUse1);
using Operator = const c10::OperatorHandle&;
using c10::Stack;

// --- memory -----------------------------------------------------------------------------------------------------

void release(void* memory) {
  c10::free_cpu(memory);
}

struct HostMemory final : c10::Allocator {
  c10::DataPtr allocate(size_t bytes) override {
    void* memory = c10::alloc_cpu(bytes);
    return {memory, memory, &release, DEVICE};
  }
  c10::DeleterFnPtr raw_deleter() const override {
    return &release;
  }
  void copy_data(void* to, const void* from, size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }
};

HostMemory memory;
REGISTER_ALLOCATOR(DEVICE_TYPE, &memory);

bool on_device(const at::Tensor& tensor) {
  return tensor.defined() && tensor.device().type() == DEVICE_TYPE;
}

bool has_float64 = true;

at::ScalarType held(at::ScalarType type) {
  TORCH_CHECK_TYPE(has_float64 || type != at::kDouble, DEVICE, " has no float64, as some accelerators; use float32");
  return type;
}

at::Tensor tensor_over(c10::Storage storage, c10::DispatchKey key, const at::Tensor& like) {
  auto made = at::detail::make_tensor<c10::TensorImpl>(std::move(storage), c10::DispatchKeySet(key), like.dtype());
  made.unsafeGetTensorImpl()->set_sizes_and_strides(like.sizes(), like.strides(), like.storage_offset());
  return made;
}

c10::Storage storage_over(c10::DataPtr data, size_t bytes, c10::Allocator* allocator) {
  return c10::Storage(c10::Storage::use_byte_size_t(), bytes, std::move(data), allocator, allocator != nullptr);
}

// The same memory as a CPU tensor: what a CPU kernel writes to it is written to the device's tensor.
at::Tensor on_host(const at::Tensor& tensor) {
  auto& storage = tensor.storage();
  c10::DataPtr borrowed(storage.mutable_data(), c10::Device(c10::kCPU));
  return tensor_over(storage_over(std::move(borrowed), storage.nbytes(), nullptr), c10::DispatchKey::CPU, tensor);
}

// A CPU kernel's result as a tensor of the device, which takes over its memory.
at::Tensor onto_device(const at::Tensor& result) {
  auto owner = std::make_unique<at::Tensor>(result);
  void* data = result.storage().mutable_data();
  c10::DataPtr owned(data, owner.release(), [](void* tensor) { delete static_cast<at::Tensor*>(tensor); }, DEVICE);
  size_t bytes = result.storage().nbytes();
  held(result.scalar_type());
  return tensor_over(storage_over(std::move(owned), bytes, &memory), c10::DispatchKey::PrivateUse1, result);
}

at::Tensor empty(
    c10::SymIntArrayRef size, std::optional<at::ScalarType> dtype, std::optional<at::Layout>,
    std::optional<at::Device>, std::optional<bool>, std::optional<at::MemoryFormat> format) {
  auto sizes = C10_AS_INTARRAYREF_SLOW(size);
  return at::detail::empty_generic(sizes, &memory, DEVICE_KEY, held(c10::dtype_or_default(dtype)), format);
}

at::Tensor empty_strided(
    c10::SymIntArrayRef size, c10::SymIntArrayRef stride, std::optional<at::ScalarType> dtype,
    std::optional<at::Layout>, std::optional<at::Device>, std::optional<bool>) {
  auto sizes = C10_AS_INTARRAYREF_SLOW(size), strides = C10_AS_INTARRAYREF_SLOW(stride);
  return at::detail::empty_strided_generic(sizes, strides, &memory, DEVICE_KEY, held(c10::dtype_or_default(dtype)));
}

// Forward-mode differentiation asks for zeros that need no memory; these are just zeros.
at::Tensor zeros(
    c10::SymIntArrayRef size, std::optional<at::ScalarType> dtype, std::optional<at::Layout> layout,
    std::optional<at::Device> device, std::optional<bool> pinned) {
  return empty(size, dtype, layout, device, pinned, std::nullopt).zero_();
}

const at::Tensor& resize_(
    const at::Tensor& self, c10::SymIntArrayRef size, std::optional<at::MemoryFormat> format) {
  return at::native::resize_(self, C10_AS_INTARRAYREF_SLOW(size), format);
}

at::Tensor& set_to_storage_(
    at::Tensor& self, at::Storage storage, c10::SymInt offset, c10::SymIntArrayRef size, c10::SymIntArrayRef stride) {
  auto sizes = C10_AS_INTARRAYREF_SLOW(size), strides = C10_AS_INTARRAYREF_SLOW(stride);
  return at::native::set_storage_cpu_(self, std::move(storage), offset.expect_int(), sizes, strides);
}

// --- arithmetic -------------------------------------------------------------------------------------------------

// The device draws its random numbers from a stream of its own, as accelerators do.
at::Generator& stream() {
  static at::Generator generator = at::detail::createCPUGenerator();
  return generator;
}

// Inside, CPU kernels draw from the device's stream.
struct DrawFromDevice {
  at::Generator host = at::detail::getDefaultCPUGenerator();
  std::lock_guard<std::mutex> lock{stream().mutex()};
  at::Tensor kept = host.get_state();
  DrawFromDevice() {
    host.set_state(stream().get_state());
  }
  ~DrawFromDevice() {
    stream().set_state(host.get_state());
    host.set_state(kept);
  }
};

// Runs an operator's CPU kernel over the memory of the device's tensors.
class HostCall {
 public:
  HostCall(Operator op, bool mixes) : op_(op), mixes_(mixes) {}

  void operator()(Stack& stack) {
    const auto& schema = op_.schema();
    const size_t arguments = schema.arguments().size();
    for (size_t i = 0; i < arguments; ++i) {
      auto& value = stack[stack.size() - arguments + i];
      const auto* alias = schema.arguments()[i].alias_info();
      value = to_host(value, alias != nullptr && alias->isWrite());
    }
    TORCH_CHECK(
        mixes_ || !stray_, "Expected all tensors to be on the same device, but ", schema.operator_name(),
        " got some on ", DEVICE, " and some on the host");
    {
      std::optional<DrawFromDevice> draw;
      if (op_.hasTag(at::Tag::nondeterministic_seeded)) {
        draw.emplace();
      }
      op_.callBoxed(&stack);
    }
    for (auto& [device, host] : given_) {
      if (device.defined() && host.sizes() != device.sizes()) { // an out=… that the kernel has filled
        device.resize_(host.sizes());
        on_host(device).copy_(host);
      }
    }
    for (auto& value : stack) {
      value = to_device(value);
    }
  }

 private:
  at::Tensor to_host(const at::Tensor& tensor, bool written) {
    if (!on_device(tensor)) {
      given_.emplace_back(tensor, tensor);
      stray_ |= tensor.defined() && (tensor.dim() > 0 || written);
      return tensor;
    }
    // A kernel may make an empty result larger; borrowed memory cannot grow.
    bool grows = written && tensor.numel() == 0;
    auto host = grows ? at::empty({0}, tensor.options().device(c10::kCPU)) : on_host(tensor);
    given_.emplace_back(tensor, host);
    return host;
  }

  at::Tensor to_device(const at::Tensor& result) {
    if (!result.defined()) {
      return result;
    }
    for (auto& [device, host] : given_) {
      if (result.is_same(host)) {
        return device;
      }
      const bool alias = on_device(device) && result.storage().data() == device.storage().data();
      if (alias && result.storage().data() != nullptr) {
        return tensor_over(device.storage(), c10::DispatchKey::PrivateUse1, result); // a view
      }
    }
    return onto_device(result);
  }

  template <typename Change>
  static c10::IValue each(const c10::IValue& value, Change change) {
    if (value.isTensor()) {
      return change(value.toTensor());
    }
    if (value.isTensorList()) {
      c10::List<at::Tensor> changed;
      for (const at::Tensor& tensor : value.toTensorVector()) {
        changed.push_back(change(tensor));
      }
      return changed;
    }
    if (value.isOptionalTensorList()) {
      c10::List<std::optional<at::Tensor>> changed;
      for (const std::optional<at::Tensor>& tensor : value.toOptionalTensorVector()) {
        changed.push_back(tensor ? std::optional(change(*tensor)) : std::nullopt);
      }
      return changed;
    }
    return value;
  }

  c10::IValue to_host(const c10::IValue& value, bool written) {
    if (value.isDevice()) {
      return c10::IValue(c10::Device(c10::kCPU));
    }
    TORCH_CHECK(
        !value.isGenerator(), "Expected a generator of ", DEVICE, ", which offers its default one only, not one of ",
        value.toGenerator().device());
    const bool stray = stray_;
    auto changed = each(value, [&](const at::Tensor& tensor) { return to_host(tensor, written); });
    if (value.isOptionalTensorList()) { // indices, which may be the host's
      stray_ = stray;
    }
    return changed;
  }

  c10::IValue to_device(const c10::IValue& value) {
    return each(value, [&](const at::Tensor& tensor) { return to_device(tensor); });
  }

  Operator op_;
  bool mixes_, stray_ = false;
  std::vector<std::pair<at::Tensor, at::Tensor>> given_; // each tensor, and what the kernel gets: a view on the host
};

void run(Operator op, Stack* stack) {
  HostCall(op, /*mixes=*/false)(*stack);
}

void copy(Operator op, Stack* stack) {
  HostCall(op, /*mixes=*/true)(*stack);
}

c10::OperatorHandle find(const char* name) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, "");
}

void convolution(Operator, Stack* stack) {
  static const auto op = find("aten::convolution");
  HostCall(op, /*mixes=*/false)(*stack);
}

// convolution_backward takes the size of the bias as well, after the weight.
void convolution_backward(Operator called, Stack* stack) {
  static const auto op = find("aten::convolution_backward");
  const auto first = stack->end() - static_cast<int64_t>(called.schema().arguments().size());
  const auto weight = (first + 2)->toTensor();
  const bool transposed = (first + 6)->toBool();
  const auto groups = (first + 8)->toInt();
  stack->insert(first + 3, c10::IValue(std::vector<int64_t>{transposed ? weight.size(1) * groups : weight.size(0)}));
  HostCall(op, /*mixes=*/false)(*stack);
}

TORCH_LIBRARY_IMPL(_, PrivateUse1, m) {
  m.fallback(torch::CppFunction::makeFromBoxedFunction<&run>());
}

TORCH_LIBRARY_IMPL(aten, PrivateUse1, m) {
  m.impl("empty.memory_format", &empty);
  m.impl("empty_strided", &empty_strided);
  m.impl("_efficientzerotensor", &zeros);
  m.impl("resize_", &resize_);
  m.impl("set_.source_Storage_storage_offset", &set_to_storage_);
  m.impl("set_.source_Storage", &at::native::set_);
  m.impl("set_.source_Tensor", &at::native::set_tensor_);
  m.impl("copy_", torch::CppFunction::makeFromBoxedFunction<&copy>());
  // What composite kernels of PyTorch would do with memory that they think is not the host's.
  for (const char* name : {"view", "as_strided", "unfold", "_reshape_alias"}) {
    m.impl(name, torch::CppFunction::makeFromBoxedFunction<&run>());
  }
  // Here they would resize a result that is not empty, and PyTorch warns of that.
  m.impl("mse_loss", torch::CppFunction::makeFromBoxedFunction<&run>());
  m.impl("convolution_overrideable", torch::CppFunction::makeFromBoxedFunction<&convolution>());
  m.impl("convolution_backward_overrideable", torch::CppFunction::makeFromBoxedFunction<&convolution_backward>());
}

// --- mixed precision: the operators whose inputs autocast lowers, of those that networks of this course call --------

TORCH_LIBRARY_IMPL(_, AutocastPrivateUse1, m) {
  m.fallback(torch::CppFunction::makeFallthrough());
}

TORCH_LIBRARY_IMPL(aten, AutocastPrivateUse1, m) {
  using namespace at::autocast;
  KERNEL_PRIVATEUSEONE(linear, lower_precision_fp)
  KERNEL_PRIVATEUSEONE(matmul, lower_precision_fp)
  KERNEL_PRIVATEUSEONE(addmm, lower_precision_fp)
  KERNEL_PRIVATEUSEONE(mm, lower_precision_fp)
  KERNEL_PRIVATEUSEONE(bmm, lower_precision_fp)
  KERNEL_PRIVATEUSEONE(baddbmm, lower_precision_fp)
  KERNEL_PRIVATEUSEONE(conv2d, lower_precision_fp)
  KERNEL_PRIVATEUSEONE(conv2d, padding, lower_precision_fp)
  KERNEL_PRIVATEUSEONE(conv_transpose2d, input, lower_precision_fp)
}

// --- what PyTorch asks of a device: one, with one stream, on which everything is done when it is asked for --------

struct Guard final : c10::impl::NoOpDeviceGuardImpl<DEVICE_TYPE> {
  c10::Device getDevice() const override {
    return DEVICE;
  }
  c10::Device exchangeDevice(c10::Device) const override {
    return DEVICE;
  }
  c10::Stream getStream(c10::Device) const noexcept override {
    return c10::Stream(c10::Stream::DEFAULT, DEVICE);
  }
  c10::Stream exchangeStream(c10::Stream) const noexcept override {
    return c10::Stream(c10::Stream::DEFAULT, DEVICE);
  }
  void record(void**, const c10::Stream&, const c10::DeviceIndex, const c10::EventFlag) const override {}
  void block(void*, const c10::Stream&) const override {}
  bool queryEvent(void*) const override {
    return true;
  }
  void synchronizeDevice(const c10::DeviceIndex) const override {}
};

C10_REGISTER_GUARD_IMPL(PrivateUse1, Guard);

struct Hooks final : at::PrivateUse1HooksInterface {
  bool isBuilt() const {
    return true;
  }
  bool isAvailable() const {
    return true;
  }
  bool hasPrimaryContext(c10::DeviceIndex) const override {
    return true;
  }
  c10::DeviceIndex deviceCount() const override {
    return 1;
  }
  c10::DeviceIndex getCurrentDevice() const override {
    return 0;
  }
  void resizePrivateUse1Bytes(const c10::Storage& storage, size_t bytes) const override {
    at::native::resize_bytes_cpu(storage.unsafeGetStorageImpl(), bytes);
  }
};

const bool registered = [] {
  static Hooks hooks;
  at::RegisterPrivateUse1HooksInterface(&hooks);
  return true;
}();

TORCH_LIBRARY(stand_in, m) {
  m.def("allow_float64", [](bool allowed) { has_float64 = allowed; });
  m.def("manual_seed", [](int64_t seed) { stream().set_current_seed(static_cast<uint64_t>(seed)); });
  m.def("random_state", [] { return stream().get_state(); });
  m.def("set_random_state", [](const at::Tensor& state) { stream().set_state(state); });
}

} // namespace
